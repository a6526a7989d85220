import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from tidelab.scoring.metric import Unscored
from tidelab.scoring.rouge_l import score as rouge_l
from tidelab.scoring.rouge_l import words
from tidelab.scoring.shared import Batch, Shared

PEER = RougeScorer(["rougeL"], use_stemmer=True)
VOCABULARY = ["running", "runs", "ran", "I", "was", "the", "quietly", "quiet", "12", "é", "hoping", "hoped,", "don't"]
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=30).map(" ".join)


def values(pairs):
    return rouge_l(Batch([], [a for a, _ in pairs], [b for _, b in pairs], Shared("none")))["rouge_l"]


def test_equals_rouge_score_on_real_english(english):
    assert values(english) == [PEER.score(a, b)["rougeL"].fmeasure for a, b in english]


@given(WORDS | st.text(), WORDS | st.text())
def test_equals_rouge_score_on_any_text_whose_reference_has_words(reference, reply):
    (value,) = values([(reference, reply)])
    assert value == (PEER.score(reference, reply)["rougeL"].fmeasure if words([reference])[0] else value)


@given(WORDS.filter(lambda text: bool(words([text])[0])))
def test_a_reference_against_itself_is_one(text):
    assert values([(text, text)]) == [1.0]


def test_odd_texts_equal_rouge_score(odd):
    pairs = [("ok then, word for word", text) for text in odd]
    assert values(pairs) == [PEER.score(a, b)["rougeL"].fmeasure for a, b in pairs]


def test_an_empty_reply_is_zero_and_a_reference_without_words_is_unscored():
    assert values([("some words", ""), ("some words", " \n")]) == [0.0, 0.0]
    (value,) = values([("שלום", "words")])
    assert isinstance(value, Unscored)
    assert "reference" in value.reason


def test_swapping_reply_and_reference_leaves_the_f_measure(english):
    assert values([(b, a) for a, b in english]) == pytest.approx(values(english), abs=1e-15)
