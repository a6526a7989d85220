import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from tidelab.scoring.metric import Unscored, metric
from tidelab.scoring.rouge_l import words
from tidelab.scoring.shared import Batch, Shared

PEER = RougeScorer(["rouge1", "rouge2", "rougeLsum"], use_stemmer=True)
NAMES = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_lsum": "rougeLsum"}
LINE = st.lists(st.sampled_from(["running", "runs", "I", "was", "the", "12", "é", "hoped,"]), max_size=9).map(" ".join)
TEXT = st.lists(LINE, max_size=4).map("\n".join)


def values(pairs, further=()):
    batch = Batch([""] * len(pairs), [a for a, _ in pairs], [b for _, b in pairs], Shared("none"), list(further))
    return {**metric("rouge_n").values(batch), **metric("rouge_lsum").values(batch)}


def test_equals_rouge_score_on_real_english_line_by_line(english):
    pairs = english + [(a.replace(". ", ".\n"), b.replace(". ", ".\n")) for a, b in english]
    expected = [PEER.score(a, b) for a, b in pairs]
    for part, name in NAMES.items():
        assert values(pairs)[part] == pytest.approx([e[name].fmeasure for e in expected], abs=1e-12)


@given(TEXT | st.text(), TEXT | st.text())
def test_equals_rouge_score_on_any_text_whose_reference_has_words(reference, reply):
    found = values([(reference, reply)])
    for part, name in NAMES.items():
        (value,) = found[part]
        if words([reference])[0]:
            assert value == pytest.approx(PEER.score(reference, reply)[name].fmeasure, abs=1e-12)
        else:
            assert isinstance(value, Unscored)


@given(TEXT, st.lists(TEXT, max_size=2), TEXT)
def test_of_several_references_the_best_counts_as_in_rouge_score(first, more, reply):
    found = values([(f"word {first}", reply)], [more])
    expected = PEER.score_multi([f"word {first}", *more], reply)
    for part, name in NAMES.items():
        assert found[part] == pytest.approx([expected[name].fmeasure], abs=1e-12)


def test_on_one_line_lsum_is_rouge_l(english):
    batch = Batch([], [a for a, _ in english], [b for _, b in english], Shared("none"))
    assert metric("rouge_lsum").values(batch)["rouge_lsum"] == metric("rouge_l").values(batch)["rouge_l"]
