import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.names import CHECK


@pytest.mark.parametrize("name", ["Maria Lopez", "Anna-Lena Schmidt", "John F. Miller", "Jan van Dijk", "Zoë Köhler", "Peter Novak"])
def test_a_full_name_is_flagged_wherever_it_stands(name):
    for text in (f"I heard that {name} called.", f"I saw {name} at the door.", f"It was him ({name}), I know."):
        (message,) = messages(CHECK, person=text)
        assert name in message


def test_a_name_that_opens_a_sentence_is_told_by_its_given_name():
    assert len(messages(CHECK, person="It rang. Maria Lopez called me again.")) == 1
    assert messages(CHECK, person="Walked home. Found Jean. Saw Deano at the gate.") == []


@pytest.mark.parametrize(
    "text",
    [
        "I live in New York and work in San Diego.",
        "On Christmas Eve and Black Friday I stay in.",
        "Aunt Mary and Father Luis came, and Doctor Lee.",
        "Yesterday Anna called. Sometimes Tom does. Seeing Ben hurt.",
        "I was at St Mary's Hospital, then at High Street.",
        "MY BROTHER SAW IT. I Am Not Well.",
        "Jean's photos burnt. Anna's Tom is gone.",
        "I told Anna. Tom knew.",
        "The British Army sent me; the Red Cross brought me back.",
        "Cognitive Behavioral Therapy did not help.",
    ],
)
def test_places_days_titles_and_first_names_are_fine(text):
    assert messages(CHECK, person=text) == []


def test_a_name_of_the_personas_own_description_is_fine():
    assert messages(CHECK, person="It was Maria Lopez who drove.", trauma_topic="a crash; Maria Lopez drove") == []
