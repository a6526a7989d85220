import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.trauma import CHECK

HOSTAGE = {"trauma_type": "witnessing violence", "trauma_topic": "hostage situation"}


@pytest.mark.parametrize(
    ("text", "persona"),
    [
        ("I keep thinking about how helpless I felt during that earthquake.", HOSTAGE),
        ("Since the crash I take the bus.", {"trauma_type": "house fire", "trauma_topic": "a fire in the flat at night"}),
        ("I was in a car crash and I can't drive.", {"trauma_type": "animal attack", "trauma_topic": "a dog attack in the park"}),
        ("After the hurricane nothing was left.", {"trauma_type": "natural disaster", "trauma_topic": "an earthquake that took the roof"}),
        ("Before the war I had a shop.", {"trauma_type": "road traffic collision"}),
    ],
)
def test_an_event_of_another_kind_is_flagged_with_the_personas(text, persona):
    (message,) = messages(CHECK, person=text, **persona)
    assert persona["trauma_type"] in message


@pytest.mark.parametrize(
    ("text", "persona"),
    [
        ("It was like an earthquake in me when the hostages were counted.", HOSTAGE),
        ("I am at war with myself since that day.", HOSTAGE),
        ("I stood in the fire station and shook.", HOSTAGE),
        ("After the explosion they moved us.", HOSTAGE),  # comes with it
        ("After the flood nothing was left.", {"trauma_type": "natural disaster"}),
        ("Since the crash I take the bus, and the fire in the stove scares me.", {"trauma_type": "road traffic collision"}),
        (
            "During the fire I was the second one in.",
            {"trauma_type": "first responder exposure", "trauma_topic": "a call-out with children"},
        ),
        ("After the crash I ran.", {"trauma_type": "medical trauma", "trauma_topic": "weeks in intensive care"}),  # its kind has no words
        ("After the crash I ran.", {}),
    ],
)
def test_likenesses_what_comes_with_it_and_unknown_kinds_are_fine(text, persona):
    assert messages(CHECK, person=text, **persona) == []


def test_a_reply_about_another_event_is_flagged():
    assert len(messages(CHECK, person="It comes back at night.", chatbot="After the earthquake, nights are long.", **HOSTAGE)) == 1


def test_naming_the_personas_own_event_anywhere_lifts_the_finding():
    assert messages(CHECK, person="The hostages were freed before the earthquake.", **HOSTAGE) == []
