import pytest

from tests.corpus.checks.talks import talk
from tidelab.corpus import personas, rehearsal, scenarios
from tidelab.corpus.checks import near_duplicates
from tidelab.corpus.checks.near_duplicates import CHECK, candidates, nearest_earlier
from tidelab.text import encoder

LONG = "I was paying at the shop yesterday when it came back, and for a minute I was in the night of the fire again, and nobody saw it."
NEAR = "I was paying at the shop yesterday when it came back, and for a minute I was in the night of the fire again, but nobody saw it."
OTHER = "My sister rings every evening at eight to hear whether I ate, and I say yes before she has asked, since it is easier."


def found(*texts, chatbots=None):
    replies = chatbots or ["one", "two", "three", "four", "five", "six"]
    rows = [talk(person=text, chatbot=replies[i], conversation_id="abcdef"[i]) for i, text in enumerate(texts)]
    return [(f.conversation_id, f.message) for f in CHECK.find(rows, {})]


def test_one_word_changed_is_found_and_names_the_earlier_one():
    ((conversation, message),) = found(LONG, OTHER, NEAR)
    assert conversation == "c"
    assert "`a`" in message and "cosine 0.9" in message


def test_a_teacher_who_answers_everybody_nearly_alike_is_found_by_its_replies():
    people = ("The bus was late and I left it early.", "My hands shook at the till again.", "Nobody in the house knows that I wake.")
    (near, same) = found(*people, chatbots=[LONG, NEAR, LONG])
    assert near[0] == "b" and "the reply says nearly the same as in `a`" in near[1]
    assert same == ("c", "the reply says the same as in `a`")


def test_the_same_words_with_another_reply_are_told_without_encoding(monkeypatch):
    monkeypatch.setattr(encoder, "load", lambda: pytest.fail("nothing needs encoding here"))
    assert found(LONG, LONG, chatbots=["one", "two"]) == [("b", "the person says the same as in `a`")]


def test_equal_conversations_are_left_to_the_check_of_duplicates(monkeypatch):
    monkeypatch.setattr(encoder, "load", lambda: pytest.fail("nothing needs encoding here"))
    assert found(LONG, LONG, chatbots=["one", "one"]) == []


def test_texts_that_share_few_words_cost_no_encoding(monkeypatch):
    monkeypatch.setattr(encoder, "load", lambda: pytest.fail("nothing needs encoding here"))
    assert found(LONG, OTHER) == []


def test_candidates_share_the_words_asked_for():
    texts = ["a b c d", "a b c e", "x y z", "", "x q r s"]
    assert candidates(texts, 0.6) == [0, 1]
    assert candidates(texts, 0.1) == [0, 1, 2, 4]
    assert candidates([]) == []


def test_blocks_do_not_change_what_is_found(monkeypatch):
    texts = [LONG, OTHER, NEAR, f"{OTHER} Always.", f"{LONG} Yes.", "Something else entirely happened on that day at work."]
    whole = nearest_earlier(texts)
    monkeypatch.setattr(near_duplicates, "_BLOCK", 2)
    cut = nearest_earlier(texts)
    assert {k: v[0] for k, v in whole.items()} == {k: v[0] for k, v in cut.items()}
    assert set(whole) >= {NEAR}


def test_no_pair_at_the_threshold_is_lost_by_looking_at_shared_words_first():
    people = personas.sample(4, 7)
    texts = [rehearsal.write(p, s, 7).person for p in people for s in scenarios.choose(p, 5, 7)]
    edited = [text.replace(" I ", " we ").replace("because", "since").replace("the ", "that ") for text in texts]
    edited += [". ".join(reversed(text.split(". "))) for text in texts] + [
        " ".join(text.split()[: -len(text.split()) // 4]) for text in texts
    ]
    every = list(dict.fromkeys([*texts, *edited]))
    vectors = near_duplicates._vectors(every)
    near = {i for i, row in enumerate(vectors @ vectors.T) for j, cosine in enumerate(row) if i != j and cosine >= near_duplicates.COSINE}
    assert len(near) > 20
    assert near <= set(candidates(every))
