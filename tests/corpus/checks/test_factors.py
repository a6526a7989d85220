import random

import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.factors import CHECK, absent
from tidelab.corpus.sample import load

PERSON = "Since the crash my hands shake whenever a lorry brakes behind me."


@pytest.mark.parametrize("reply", ["How did that come about?", "Please continue.", "Noted. Next question."])
def test_a_reply_without_empathy_is_flagged_with_what_is_missing(reply):
    (message,) = messages(CHECK, person=PERSON, chatbot=reply)
    assert "emotion recognition and distress normalization" in message


def test_a_reply_with_all_three_shows_all():
    reply = "That sounds frightening. It is common after a crash; your hands shake when a lorry brakes, and you went on driving."
    assert absent(PERSON, reply) == []


def test_one_missing_factor_is_not_worth_a_flag():
    reply = "That sounds frightening: a lorry brakes and your hands begin to shake since the crash."
    assert absent(PERSON, reply) in ([], ["distress normalization"])
    assert messages(CHECK, person=PERSON, chatbot=reply) == []


def test_saying_back_needs_the_persons_own_words():
    assert "supportive reflection" in absent(PERSON, "You are strong and your story matters to you.")


def test_the_sample_corpus_shows_two_factors_or_more_in_nearly_every_reply():
    rows = load()[2]
    assert sum(len(absent(c.person, c.chatbot)) <= 1 for c in rows) >= 0.99 * len(rows)


def test_replies_given_to_the_wrong_people_lack_reflection_more_often():
    rows = load()[2]
    replies = [c.chatbot for c in rows]
    random.Random(7).shuffle(replies)
    lacks = [
        sum("supportive reflection" in absent(c.person, reply) for c, reply in zip(rows, some, strict=True))
        for some in ([c.chatbot for c in rows], replies)
    ]
    assert 3 * lacks[0] < lacks[1]
