import pytest

from tidelab.corpus.checks.promises import CHECK
from tidelab.records import Conversation


def findings(chatbot):
    return [f.message for f in CHECK.find([Conversation(conversation_id="a", persona_id="p", person="I can't.", chatbot=chatbot)], {})]


@pytest.mark.parametrize(
    "reply",
    [
        "You are safe.",
        "Breathe. You’re safe now, here with me.",
        "You don't feel it yet, but you are completely safe.",
        "It hurts, and everything will be fine.",
        "Everything is going to be okay.",
        "I know it will all be alright.",
        "I'm sure things will work out fine.",
        "Nobody can hurt you any more.",
        "It will never happen again.",
        "There's nothing to be afraid of.",
        "You will be okay, I promise.",
    ],
)
def test_a_promise_that_nobody_can_keep_is_flagged_once(reply):
    assert len(findings(reply)) == 1


@pytest.mark.parametrize(
    "reply",
    [
        "You got out, and your body has not caught up.",
        "Part of you knows you are safe, and part of you is still in that car.",
        "People keep telling you that everything will be fine.",
        "I can't promise that everything will be okay.",
        "You keep checking whether you are safe.",
        "Do you feel that you're safe at home?",
        "You are not safe there, and you know it.",
        "You hope it will be okay.",
        "You are safe to say it here or to leave it.",
        "A promise was broken that night.",
    ],
)
def test_doubts_questions_and_others_words_are_no_promise(reply):
    assert findings(reply) == []
