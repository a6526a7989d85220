import pytest

from tidelab.corpus.checks.refusal import CHECK
from tidelab.records import Conversation


def findings(chatbot):
    return [f.message for f in CHECK.find([Conversation(conversation_id="a", persona_id="p", person="I can't.", chatbot=chatbot)], {})]


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, but I can't help with that.",
        "I’m really sorry, but I cannot assist you with this.",
        "I am sorry but I am unable to continue this conversation.",
        "I apologize, but I'm not able to provide support for this topic.",
        "Sorry, I can't help you with this one.",
        "Unfortunately, I cannot assist with your request.",
        "I can't assist with that request. Please talk to a professional.",
        "As an AI language model, I don't have feelings.",
        "I'm just an AI, so I can only listen.",
        "I cannot engage with this topic.",
        "That would be against my guidelines.",
    ],
)
def test_a_models_refusal_is_an_error_with_its_words(reply):
    (message,) = findings(reply)
    assert "refusal" in message


@pytest.mark.parametrize(
    "reply",
    [
        "I'm so sorry that happened to you.",
        "I'm sorry; I can't imagine what that night was like.",
        "I'm sorry, but I can't help but hear how tired you are.",
        "Being told 'I can't help you' by the clinic must have hurt.",
        "You say you can't help it, and that shame comes with it.",
        "I'm sorry. You couldn't help your brother, and you have carried that since.",
        "I can't answer for him, and neither can you.",
        "She said she was sorry, but I can tell that it wasn't enough.",
    ],
)
def test_compassion_is_no_refusal(reply):
    assert findings(reply) == []
