import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from tidelab.scoring import bleu, chrf
from tidelab.scoring.metric import Unscored, metric
from tidelab.scoring.shared import Batch, Shared, Whole

SENTENCE, CORPUS, CHARACTERS = BLEU(effective_order=True), BLEU(), CHRF()
VOCABULARY = ["I", "hear", "you,", "don't", "3.5", "a-b", "2-3", "é", "(ok)", "&amp;", "hear.", "…", "\n", "-\n", "😀"]
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=25).map(" ".join)


def batch(pairs, further=()):
    return Batch([""] * len(pairs), [a for a, _ in pairs], [b for _, b in pairs], Shared("none"), list(further))


def whole(pairs, further=()):
    return Whole([batch(pairs, further)], [range(len(pairs))])


def test_sentence_and_corpus_bleu_and_chrf_equal_sacrebleu_on_real_english(english):
    references, replies = [a for a, _ in english], [b for _, b in english]
    assert bleu.score(batch(english))["bleu"] == pytest.approx([SENTENCE.sentence_score(b, [a]).score for a, b in english], abs=1e-9)
    assert chrf.score(batch(english))["chrf"] == pytest.approx([CHARACTERS.sentence_score(b, [a]).score for a, b in english], abs=1e-9)
    assert bleu.corpus(whole(english))["bleu"] == pytest.approx(CORPUS.corpus_score(replies, [references]).score, abs=1e-9)
    assert chrf.corpus(whole(english))["chrf"] == pytest.approx(CHARACTERS.corpus_score(replies, [references]).score, abs=1e-9)


@given(WORDS | st.text(max_size=80), WORDS | st.text(max_size=80))
@settings(max_examples=300)
def test_any_text_scores_as_in_sacrebleu_or_its_reference_is_empty(reference, reply):
    for module, peer in ((bleu, SENTENCE), (chrf, CHARACTERS)):
        (value,) = module.score(batch([(reference, reply)]))[module.METRIC.name]
        if isinstance(value, Unscored):
            assert peer.sentence_score(reply, [reference]).score == 0
        else:
            assert value == pytest.approx(peer.sentence_score(reply, [reference]).score, abs=1e-9)


@given(st.lists(st.tuples(WORDS, st.lists(WORDS.filter(str.strip), max_size=2), WORDS), min_size=1, max_size=4))
def test_several_references_count_as_in_sacrebleu(rows):
    rows = [(f"word {first}", more, reply) for first, more, reply in rows]
    made = batch([(first, reply) for first, _, reply in rows], [more for _, more, _ in rows])
    for name, peer in (("bleu", SENTENCE), ("chrf", CHARACTERS)):
        expected = [peer.sentence_score(reply, [first, *more]).score for first, more, reply in rows]
        assert metric(name).values(made)[name] == pytest.approx(expected, abs=1e-9)


def test_a_text_of_five_thousand_words_and_one_of_a_thousand_scripts_characters_equal_sacrebleu():
    long = "I hear how hard this is. " * 850
    wide = "".join(chr(0x4E00 + i) for i in range(1500))
    pairs = [(long, long[:-40]), (wide, wide[3:]), (long, wide)]
    assert chrf.score(batch(pairs))["chrf"] == pytest.approx([CHARACTERS.sentence_score(b, [a]).score for a, b in pairs], abs=1e-9)
    assert bleu.score(batch(pairs))["bleu"] == pytest.approx([SENTENCE.sentence_score(b, [a]).score for a, b in pairs], abs=1e-9)


def test_an_empty_reply_is_zero_and_an_empty_reference_is_unscored_and_left_out_of_the_whole():
    pairs = [("some words here", ""), ("", "some words"), ("some words here", "some words here")]
    for module in (bleu, chrf):
        name = module.METRIC.name
        values = module.score(batch(pairs))[name]
        assert values[0] == 0.0
        assert isinstance(values[1], Unscored)
        assert values[2] == pytest.approx(100)
        assert module.corpus(whole(pairs))[name] == pytest.approx(module.corpus(whole([pairs[0], pairs[2]]))[name])
        assert math.isnan(module.corpus(whole([("", "x")]))[name])
