import json
import math

import polars as pl
import pytest

from tidelab.analysis.ceiling import ceiling
from tidelab.analysis.means import Mean
from tidelab.analysis.result import table


def means(systems):
    rows = tuple(Mean("rehearsal", s, "cosine", 40, 10, 0, value, value - 0.1, value + 0.1, "") for s, value in systems)
    return table(Mean, rows)


def roster(sizes):
    return pl.DataFrame(
        [{"student": s, "family": "f", "parameters": p, "non_embedding": p // 2, "nano": p < 10_000_000, "path": ""} for s, p in sizes]
    )


def test_under_five_students_points_are_shown_and_not_fitted():
    found = ceiling(means([("floor:echo", 0.3), ("a@zero-shot", 0.4), ("b@zero-shot", 0.5)]), roster([("a", 300_000), ("b", 3_000_000)]))
    assert [(p.system_id, p.kind, p.nano) for p in found.points] == [
        ("floor:echo", "floor", False),
        ("a@zero-shot", "student", True),
        ("b@zero-shot", "student", True),
    ]
    assert math.isnan(found.points[0].log10_parameters)
    (fit,) = found.fits
    assert not fit.fitted
    assert "2 students" in fit.reason
    assert "not fitted" in fit.reason
    assert json.loads(found.answer().to_json())["parts"]["fits"]["rows"][0]["slope"] is None
    assert found.answer().reading == ("cosine (rehearsal): 2 students of different size: shown, not fitted (a line needs 5).",)


def test_from_five_students_on_the_line_gives_the_score_for_tenfold_parameters():
    sizes = [(f"m{i}", 10**i) for i in range(5, 10)]
    found = ceiling(means([(f"{s}@fine-tuned", 0.1 + 0.05 * i) for i, (s, _) in enumerate(sizes)]), roster(sizes))
    (fit,) = found.fits
    assert fit.fitted
    assert fit.students == 5
    assert fit.slope == pytest.approx(0.05)


def test_students_of_one_size_or_without_a_mean_do_not_count_towards_a_line():
    sizes = [(f"m{i}", 1_000_000) for i in range(5)]
    (fit,) = ceiling(means([(f"{s}@fine-tuned", 0.1 * i) for i, (s, _) in enumerate(sizes)]), roster(sizes)).fits
    assert not fit.fitted
    assert "1 students of different size" in fit.reason
    (fit,) = ceiling(means([("a@fine-tuned", math.nan)]), roster([("a", 5)])).fits
    assert not fit.fitted
    assert fit.students == 0


def test_the_teachers_second_try_is_shown_as_the_attainable_top():
    found = ceiling(means([("teacher@resample", 0.8), ("a@zero-shot", 0.4)]), roster([("a", 5)]))
    assert [(p.kind, p.student, p.parameters) for p in found.points] == [("top", "", 0), ("student", "a", 5)]
    assert [f.students for f in found.fits] == [1]


def test_systems_that_are_neither_floor_nor_in_the_roster_are_left_out():
    assert ceiling(means([("reference", 1.0)]), roster([("a", 5)])).points == ()


def test_whether_the_gain_grows_with_size_is_a_slope_with_its_interval_over_students():
    sizes = [(f"m{i}", 10**i) for i in range(5, 10)]
    noise = (0.004, -0.003, 0.0, 0.002, -0.003)
    rows = [(f"{s}@zero-shot", 0.3) for s, _ in sizes] + [
        (f"{s}@fine-tuned", 0.35 + 0.02 * i + n) for i, ((s, _), n) in enumerate(zip(sizes, noise, strict=True))
    ]
    found = ceiling(means(rows), roster(sizes))
    (fit,) = found.gain_fits
    assert (fit.condition, fit.students) == ("gain", 5)
    assert fit.slope_low < 0.02 < fit.slope_high
    assert fit.slope_low > 0.01
    (said,) = found.answer().reading
    assert "the gain of fine-tuning changes by +0.019 for ten times the parameters" in said
    assert "the zero-shot score changes by +0.000 for ten times the parameters (no interval), so that no trend with size is shown" in said
    (few,) = ceiling(means(rows[:1] + rows[5:6]), roster(sizes)).gain_fits
    assert not few.fitted and "shown, not fitted" in few.reason
