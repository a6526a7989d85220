import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.unmet_risk import CHECK

PAST_IT = "That sounds heavy. Many people feel this way after a fire. I am glad that you wrote."
SIGNS = [
    "Lately I think that I don't want to be here any more.",
    "I have been thinking that my family would be better off without me.",
    "Some days I don’t see the point of going on at all.",
    "I thought about ending my life.",
    "I want to die, that's all.",
    "I am suicidal again.",
    "I hoped I would not wake up tomorrow.",
]


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_of_danger_that_the_reply_passes_over_is_flagged(sign):
    (message,) = messages(CHECK, person=sign, chatbot=PAST_IT)
    assert "neither asks nor names help" in message


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    "answer",
    [
        "Do you think of suicide?",
        "If it comes close, please call somebody tonight.",
        "Your doctor can help; so can a crisis line.",
        "Let me ask you plainly how near it is.",
    ],
)
def test_a_reply_that_asks_or_names_help_is_fine(sign, answer):
    assert messages(CHECK, person=sign, chatbot=f"{PAST_IT} {answer}") == []


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to be here at the office any more.",
        "I don't want to live with him.",
        "No, I did not hurt myself, and I'm not going to kill myself over it.",
        "My brother tried to kill himself, and she wanted to die too.",
        "I'm dying of shame, and this job is killing me.",
        "I don't see the point of the meeting.",
        "I wish it would end.",
    ],
)
def test_other_words_are_no_sign(text):
    assert messages(CHECK, person=text, chatbot=PAST_IT) == []
