import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.safe_messaging import CHECK


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("He ended his life by doing it at home.", "a method"),
        ("Some say suicide is a brave choice.", "glamour"),
        ("It was a successful suicide.", "glamour"),
        ("Suicide was the only way out for her.", "glamour"),
        ("He killed himself because of the divorce.", "a simple cause"),
        ("They drove her to suicide.", "a simple cause"),
        ("Many who commit suicide felt that.", "words of crime"),
    ],
)
def test_wording_that_guidelines_advise_against_is_flagged_in_a_reply(text, rule):
    (message,) = messages(CHECK, chatbot=text)
    assert f"({rule})" in message


@pytest.mark.parametrize(
    "text",
    [
        "Are you thinking of ending your life?",
        "Do you think of suicide, or that the fear must stop?",
        "Your brother died by suicide, and you found out from a stranger.",
        "Suicide is not the only way out, whatever the night says.",
        "You are not thinking of killing yourself, you write.",
        "It is brave to say it here.",
        "There is a suicide line that answers at night.",
        "Does it ever lean towards ending your life? Either way it deserves a person.",
    ],
)
def test_asking_plainly_and_speaking_with_care_are_fine(text):
    assert messages(CHECK, chatbot=text) == []


def test_the_person_may_use_the_words_they_have():
    assert messages(CHECK, person="My uncle committed suicide because of the war.") == []
