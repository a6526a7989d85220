import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.prompt_text import CHECK


@pytest.mark.parametrize(
    "text",
    [
        "Hello {name}, I can't sleep.",
        "I am [your name] and I can't sleep.",
        "It began with {{ trauma_topic }} and never ended.",
        "My trauma_type is combat.",
        'I can\'t sleep.", "chatbot": "The nights are long.',
        "```json",
        "I can't sleep.<|im_end|>",
        "[INST] I can't sleep.",
        "As an AI, I see that you can't sleep.",
        "Here is the conversation you asked for: I can't sleep.",
        "Sure, here's a reply that fits.",
        "I will stay in character from here on.",
    ],
)
def test_words_of_a_prompt_are_an_error_in_either_text(text):
    assert len(messages(CHECK, person=text)) == 1
    assert len(messages(CHECK, chatbot=text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "I wrote my name on the form and left.",
        "Here is what I can't say to her.",
        "Of course. Here you can say it.",
        "I asked an AI about it once.",
        "My response was to run, my role was to stay.",
        "She calls it [laughs] a phase.",
        "I put it in quotes: 'person of interest'.",
        "As an aid worker I saw that every day.",
        "He left the room {angrily}.",
    ],
)
def test_what_people_write_is_fine(text):
    assert messages(CHECK, person=text, chatbot=text) == []
