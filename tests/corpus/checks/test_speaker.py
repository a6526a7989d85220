import pytest

from tidelab.corpus.checks.speaker import CHECK
from tidelab.records import Conversation


def findings(person="I can't sleep.", chatbot="The nights are long."):
    return [f.message for f in CHECK.find([Conversation(conversation_id="a", persona_id="p", person=person, chatbot=chatbot)], {})]


@pytest.mark.parametrize("label", ["Therapist:", "therapist :", "**Chatbot:**", "  Assistant:", "[AI]:", "Counsellor:", "COUNSELOR:"])
def test_a_persons_text_that_begins_as_the_chatbots_is_an_error(label):
    (message,) = findings(person=f"{label} how was your week?")
    assert "begins with" in message


@pytest.mark.parametrize("label", ["Client:", "Person:", "User:", "> Human:"])
def test_a_reply_that_begins_as_the_persons_is_an_error(label):
    assert len(findings(chatbot=f"{label} I can't sleep.")) == 1


@pytest.mark.parametrize("between", ["\n", " ", "\n\n", '" '])
def test_a_text_that_goes_on_with_the_other_speakers_turn_is_an_error(between):
    (message,) = findings(person=f"Client: I can't sleep.{between}Therapist: The nights are long.")
    assert "contains" in message
    assert "`Therapist:`" in message


@pytest.mark.parametrize(
    "text",
    [
        "Client: I can't sleep.",
        "I told my therapist: no more.",
        "My assistant, the AI: none of them knew.",
        "Therapists everywhere say so.",
        "It was 10:30. Therapist or not, I left.",
    ],
)
def test_an_own_label_or_a_word_within_a_sentence_is_none(text):
    assert findings(person=text) == []
