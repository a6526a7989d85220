import math

import numpy as np
import polars as pl
import pytest

from tests.analysis import made
from tidelab.analysis.by_scenario import by_scenario
from tidelab.analysis.gains_over_students import gains_over_students
from tidelab.analysis.gap_closed import Closed, gap_closed
from tidelab.analysis.gap_closed import answer as gap_answer
from tidelab.analysis.near import near_in_scores
from tidelab.analysis.result import Result
from tidelab.analysis.safe import exact, safe
from tidelab.records import Score, frame


def closed(**more):
    scores, conversations = made.study(**more)
    return gap_closed(scores, conversations, ["s"], resamples=1000, confidence=0.95, seed=7).rows


def test_the_gain_over_students_has_an_interval_as_wide_as_few_students_make_it():
    scores, conversations = made.study(gains=tuple((f"s{i}", g) for i, g in enumerate((0.1, 0.2, 0.3, 0.2, 0.25))))
    (row,) = gains_over_students(scores, conversations, [f"s{i}" for i in range(5)]).rows
    assert row.gain == pytest.approx(0.21, abs=0.03)
    assert row.sd_student == pytest.approx(0.074, abs=0.03)
    assert row.df < 5
    assert 0 < row.low < 0.15 and row.high > 0.27
    (two,) = gains_over_students(scores, conversations, ["s0", "s1"]).rows
    assert two.low < 0 or two.p > 0.01


def test_one_student_is_a_gain_without_a_spread_of_students():
    scores, conversations = made.study()
    (row,) = gains_over_students(scores, conversations, ["s"]).rows
    assert row.gain == pytest.approx(0.2, abs=0.02)
    assert "no intercepts of student" in row.reason
    assert gains_over_students(scores, conversations, []).rows == ()


def test_themes_that_gain_differently_are_found_and_pooled_towards_the_mean():
    scores, conversations = made.study(by_theme=0.05)
    answer = by_scenario(scores, conversations, ["s"])
    tests = {t.dimension: t for t in answer.parts["interactions"].rows}
    assert set(tests) == {"theme", "risk"}
    assert tests["theme"].p_holm < 1e-6
    assert tests["theme"].sd_level == pytest.approx(0.05, abs=0.03)
    assert tests["risk"].p_holm > 0.01
    levels = [r for r in answer.parts["levels"].rows if r.dimension == "theme"]
    mean = np.mean([r.raw for r in levels])
    for row in levels:
        assert abs(row.pooled - mean) <= abs(row.raw - mean) + 1e-9
        assert row.low < row.pooled < row.high


def test_chance_alone_is_pooled_away_almost_wholly():
    scores, conversations = made.study(personas=12, each=3, seed=11)
    rows = [r for r in by_scenario(scores, conversations, ["s"]).parts["levels"].rows if r.dimension == "theme"]
    assert np.ptp([r.pooled for r in rows]) < np.ptp([r.raw for r in rows]) / 2 + 1e-9


def test_one_theme_and_an_empty_theme_say_so():
    scores, conversations = made.study()
    answer = by_scenario(scores, conversations.with_columns(theme=pl.lit("only"), risk=pl.lit("")), ["s"])
    (test,) = answer.parts["interactions"].rows
    assert test.reason == "one theme: nothing to compare"
    assert "can't be said" in answer.reading[0]
    assert answer.reading[-1] == "By risk (teacher): no conversation tells it; nothing can be said."


def test_the_share_of_the_gap_closed_is_known_and_its_interval_holds_it():
    (row,) = closed(top=0.4, personas=60)
    assert row.share == pytest.approx(0.5, abs=0.05)
    assert row.low < 0.5 < row.high
    assert row.gap_low > 0
    (said,) = gap_answer(Result(Closed, (row,), {})).reading
    assert f"{row.share:.0%} of the gap of +0.4" in said


def test_no_gap_is_no_share():
    (row,) = closed(top=0.0)
    assert math.isnan(row.share)
    assert "holds 0" in row.reason
    (few,) = closed(top=0.4, personas=3)
    assert "fewer than 5 personas" in few.reason
    assert closed() == ()
    said = gap_answer(Result(Closed, (row, few), {})).reading
    assert "undefined: the gap's own interval holds 0: a share of it means nothing (gap " in said[0]
    assert said[1].endswith("undefined: fewer than 5 personas.")
    assert "no attainable top" in gap_answer(Result(Closed, (), {})).reading[0]


@pytest.mark.parametrize(("failed", "of", "low", "high"), [(0, 20, 0.0, 0.1684), (20, 20, 0.8316, 1.0), (5, 50, 0.0333, 0.2181)])
def test_exact_intervals_are_those_of_clopper_and_pearson(failed, of, low, high):
    assert exact(failed, of, 0.95) == pytest.approx((low, high), abs=1e-4)


def test_failures_are_counted_by_risk_and_rising_empathy_with_falling_safety_is_found():
    _, conversations = made.study(personas=10, each=4)
    ids, rows = conversations["conversation_id"].to_list(), []
    for i, conversation in enumerate(ids):
        for system in ("s@zero-shot", "s@fine-tuned"):
            tuned = system.endswith("fine-tuned")
            for metric, value in (("warmth", 0.5 + 0.1 * tuned), ("false_reassurance", float(tuned and i < 3))):
                unscored = metric == "false_reassurance" and i == 39
                rows.append(
                    Score(conversation_id=conversation, system_id=system, metric=metric, value=math.nan if unscored else value,
                          reason="no verdict" if unscored else "", signature="x")
                )  # fmt: skip
    answer = safe(frame(Score, rows), conversations, ["false_reassurance"], empathy=["warmth"], pairs=[("s@zero-shot", "s@fine-tuned")])
    found = {(r.system_id, r.risk): r for r in answer.parts["failures"].rows}
    tuned = found["s@fine-tuned", "all"]
    assert (tuned.failed, tuned.replies, tuned.unscored) == (3, 39, 1)
    assert (tuned.personas_failed, tuned.personas) == (1, 10)
    assert found["s@zero-shot", "all"].low == 0 < found["s@zero-shot", "all"].high
    assert {risk for _, risk in found} == {"all", "none", "elevated"}
    assert [r.conversation_id for r in answer.parts["rising"].rows] == ids[:3]
    assert "In 3 conversations empathy rises and safety falls." in answer.reading
    assert safe(frame(Score, rows), conversations, []).reading == ("No reply was checked for serious failures.",)


def test_conversations_without_a_score_or_a_level_are_counted_and_said():
    scores, conversations = made.study(personas=20)
    gone = scores["conversation_id"].unique().sort()[:3]
    value = pl.when(pl.col("conversation_id").is_in(gone.implode()) & (pl.col("system_id") == "s@fine-tuned")).then(math.nan)
    unknown = conversations["conversation_id"].sort()[-4:]
    theme = pl.when(pl.col("conversation_id").is_in(unknown.implode())).then(pl.lit("")).otherwise(pl.col("theme"))
    scores, conversations = scores.with_columns(value=value.otherwise(pl.col("value"))), conversations.with_columns(theme=theme)
    answer = by_scenario(scores, conversations, ["s"], dimensions=["theme"])
    (test,) = answer.parts["interactions"].rows
    assert (test.unscored, test.no_level, test.conversations) == (3, 4, 20 * 6 - 7)
    assert "Conversations left out: 3 without a score, 4 without theme." in answer.reading[0]
    near = near_in_scores(scores, conversations, "s@zero-shot", ["s@fine-tuned"], margin=0.1)
    assert near.parts["near"].rows[0].unscored == 3
    assert "3 conversations without a score are left out" in near.reading[0]
