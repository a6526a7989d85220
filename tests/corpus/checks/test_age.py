import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.age import CHECK


@pytest.mark.parametrize(
    "text",
    [
        "I'm 23, and I can't sleep.",
        "I’m twenty-three years old and I still sleep with the light on.",
        "I just turned 30. Nobody came.",
        "As a 19-year-old I thought it would pass.",
        "I am in my early thirties and afraid of stairs.",
    ],
)
def test_another_age_than_the_personas_is_flagged_with_both(text):
    (message,) = messages(CHECK, person=text, age=72)
    assert "the persona is 72" in message


@pytest.mark.parametrize(
    "text",
    [
        "I'm 72, and I can't sleep.",
        "I'm 71 years old.",  # a birthday may lie between
        "I turn 73 next month.",
        "I'm in my seventies and afraid of stairs.",
        "I'm 20 minutes late for everything.",
        "I am two weeks into the new job.",
        "When I was 23, I thought so too.",
        "I'm 5 again when he shouts.",
        "I'm one of nine, and the oldest.",
        "If I'm 30, then he was 50.",
        "I am in my duties.",
    ],
)
def test_the_personas_age_and_other_numbers_are_fine(text):
    assert messages(CHECK, person=text, age=72) == []


def test_a_reply_that_gives_the_person_another_age_is_flagged():
    assert len(messages(CHECK, chatbot="That is a lot for a 19-year-old to carry.", age=72)) == 1


def test_a_persona_of_unknown_age_contradicts_nothing():
    assert messages(CHECK, person="I'm 23, and I can't sleep.") == []
