import pytest

from tests.corpus.checks.talks import CHATBOT, PERSON, messages
from tidelab.corpus.checks.voice import CHECK, FEWEST

REPORT = "She wakes at night and the room is wrong. " * 4
OTHERS = "Many wake at night and the room is wrong. " * 4


def test_a_persons_text_without_first_person_is_flagged():
    (message,) = messages(CHECK, person=REPORT)
    assert "never speaks of itself" in message


def test_a_reply_that_never_says_you_is_flagged():
    (message,) = messages(CHECK, chatbot=OTHERS)
    assert "never says you" in message


@pytest.mark.parametrize("word", ["my", "We", "I'm", "i’ve", "im", "me"])
def test_one_word_of_the_person_is_enough(word):
    assert messages(CHECK, person=f"{REPORT} {word} too.") == []


def test_a_text_too_short_to_need_a_pronoun_is_fine():
    assert messages(CHECK, person="word " * (FEWEST - 1), chatbot="word " * (FEWEST - 1)) == []


@pytest.mark.parametrize("reply", ["The client feels that you don't sleep.", "The user expresses fear, you know."])
def test_a_reply_about_the_client_is_flagged(reply):
    (message,) = messages(CHECK, chatbot=reply)
    assert "speaks about the speakers" in message


def test_a_person_may_have_clients():
    assert messages(CHECK, person=f"{PERSON} The client says the numbers are late.", chatbot=CHATBOT) == []


def test_other_languages_are_not_judged_by_english_pronouns():
    assert messages(CHECK, person="Ночью она просыпается и комната чужая. " * 6) == []
