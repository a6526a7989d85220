import math

import numpy as np
import polars as pl
import pytest

from tests.analysis.tables import conversations, scores
from tidelab.analysis.gains import answer, gains
from tidelab.analysis.gains_over_students import gains_over_students


def run(before, after, table, student="s"):
    both = pl.concat([scores(table, f"{student}@zero-shot", before), scores(table, f"{student}@fine-tuned", after)])
    return gains(both, table, [student], resamples=500, confidence=0.95, seed=7).rows


def test_a_known_gain_is_found_with_interval_p_and_effect():
    table = conversations(20)
    rng = np.random.default_rng(4)
    before = rng.normal(0.4, 0.1, 40)
    (gain,) = run(before, before + rng.normal(0.2, 0.05, 40), table)
    assert gain.low < 0.2 < gain.high
    assert gain.low > 0.1
    assert gain.p == pytest.approx(1 / 501)
    assert gain.p_holm == gain.p
    assert gain.family == 1
    assert gain.p_wilcoxon < 0.001
    assert gain.d_z > 2
    assert gain.rank_biserial == 1
    assert gain.reason == ""
    assert gain.difference == pytest.approx(gain.fine_tuned - gain.zero_shot)


def test_pairs_are_by_conversation_whatever_the_order_of_rows():
    table = conversations(6)
    before = [0.1 * i for i in range(12)]
    both = pl.concat([scores(table, "s@zero-shot", before), scores(table, "s@fine-tuned", [b + 0.05 for b in before]).reverse()])
    (gain,) = gains(both, table.reverse(), ["s"], resamples=500, confidence=0.95, seed=7).rows
    assert gain.difference == pytest.approx(0.05)
    assert gain.low == pytest.approx(0.05)


def test_a_pair_with_an_unscored_half_is_counted_and_left_out_of_both_means():
    table = conversations(6)
    (gain,) = run([None] + [0.2] * 11, [0.9] * 11 + [None], table)
    assert (gain.n, gain.unscored) == (10, 2)
    assert (gain.zero_shot, gain.fine_tuned) == pytest.approx((0.2, 0.9))


def test_no_difference_anywhere_is_p_one_and_not_a_traceback():
    table = conversations(6)
    (gain,) = run([0.3] * 12, [0.3] * 12, table)
    assert gain.difference == gain.low == gain.high == 0
    assert gain.p == gain.p_holm == 1
    assert math.isnan(gain.d_z)
    assert math.isnan(gain.p_wilcoxon)
    assert "zero" in gain.reason
    assert "d_z" in gain.reason
    assert "Wilcoxon" in gain.reason


def test_one_persona_has_a_difference_and_says_why_it_has_nothing_else():
    (gain,) = run([0.2, 0.3], [0.4, 0.6], conversations(1))
    assert gain.difference == pytest.approx(0.25)
    assert all(math.isnan(v) for v in (gain.low, gain.p, gain.p_holm, gain.d_z, gain.p_wilcoxon))
    assert gain.family == 0
    assert "fewer than 5 personas" in gain.reason
    assert "fewer than 2 personas" in gain.reason


def test_no_shared_score_gives_a_row_with_its_reason():
    (gain,) = run([None] * 12, [0.3] * 12, conversations(6))
    assert gain.n == 0
    assert gain.unscored == 12
    assert gain.reason == "no conversation is scored under both conditions"


def test_holm_counts_all_students_of_one_metric_and_source():
    table, other = conversations(8), conversations(8, source="sample")
    rng = np.random.default_rng(6)
    parts = []
    for student, gain in (("a", 0.3), ("b", 0.05), ("c", 0.0)):
        for corpus in (table, other):
            base = rng.normal(0.4, 0.1, 16)
            parts += [
                scores(corpus, f"{student}@zero-shot", base),
                scores(corpus, f"{student}@fine-tuned", base + gain + rng.normal(0, 0.1, 16)),
            ]
    rows = gains(pl.concat(parts), pl.concat([table, other]), ["a", "b", "c"], resamples=500, confidence=0.95, seed=7).rows
    assert len(rows) == 6
    assert all(g.family == 3 for g in rows)
    first = next(g for g in rows if g.student == "a" and g.source == "rehearsal")
    assert first.p_method == "exact"
    assert first.p == pytest.approx(2 / 256)
    assert first.p_holm == pytest.approx(6 / 256)


def test_a_student_with_one_condition_only_has_no_row():
    table = conversations(6)
    assert gains(scores(table, "s@zero-shot", [1] * 12), table, ["s"], resamples=500, confidence=0.95, seed=7).rows == ()


def test_many_rows_of_one_persona_do_not_make_a_result_significant():
    # Persona 0 gained on fifty conversations, six others on none: the test is over personas.
    table = pl.concat([conversations(1, each=50, source="sample"), conversations(6, each=1, source="sample").tail(5)])
    rng = np.random.default_rng(1)
    after = np.concatenate([np.full(50, 0.5), rng.normal(0, 0.3, 5)])
    (gain,) = run([0.0] * 55, after, table)
    assert gain.personas == 6
    assert gain.p > 0.03


def told(students, personas=12):
    """The reading for students with these gains; None: nothing scored."""
    table, draw = conversations(personas), np.random.default_rng(3)
    parts = []
    for name, gain in students.items():
        before = draw.normal(0.4, 0.05, table.height)
        after = [None] * table.height if gain is None else before + gain + draw.normal(0, 0.02, table.height)
        parts += [scores(table, f"{name}@zero-shot", before), scores(table, f"{name}@fine-tuned", after)]
    every = pl.concat(parts)
    found = gains(every, table, list(students), resamples=500, confidence=0.95, seed=7)
    made = answer(found, gains_over_students(every, table, list(students)))
    assert made.tables()["gains"].height == len(students)
    (said,) = made.reading
    return said


def test_the_reading_says_how_many_gained_and_lost_and_what_students_of_this_kind_would():
    said = told({"a": 0.2, "b": 0.1, "c": -0.1})
    assert "the mean rose for 2 of 3 students (-0.095 to +0.201)" in said
    assert "after Holm's correction 2 gained and 1 lost at p < .05" in said
    assert "Over students, as a sample of students like these:" in said


def test_one_student_has_no_sentence_over_students_and_unscored_pairs_have_their_reason():
    assert "Over students" not in told({"a": 0.2})
    assert "the mean rose for 1 of 1 student (+0.2" in told({"a": 0.2})
    assert told({"a": None}) == "cosine (rehearsal): nothing to compare: no conversation is scored under both conditions."


def test_too_few_personas_for_a_test_are_said_in_words():
    assert "nan" not in told({"a": 0.2, "b": 0.1}, personas=1)
