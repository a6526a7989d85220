import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tidelab.analysis.bootstrap import BCA_UNDEFINED, NO_VARIATION, TOO_FEW, intervals


def interval(values, clusters, method="bca", resamples=10_000, seed="s", confidence=0.95):
    column = np.asarray(values, dtype=float).reshape(-1, 1)
    found = intervals(column, np.asarray(clusters), resamples=resamples, confidence=confidence, seed=seed, method=method)
    return found[0]


@pytest.mark.parametrize(("method", "scipys"), [("bca", "BCa"), ("percentile", "percentile")])
def test_with_one_row_a_persona_the_interval_is_scipys(method, scipys):
    skewed = np.random.default_rng(3).exponential(size=40)
    ours = interval(skewed, np.arange(40), method, resamples=40_000)
    theirs = stats.bootstrap((skewed,), np.mean, n_resamples=40_000, method=scipys, rng=np.random.default_rng(0)).confidence_interval
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_a_personas_rows_are_resampled_together():
    # Ten personas, ten identical rows each: as much information as ten rows, not a hundred.
    means = np.random.default_rng(1).normal(size=10)
    together = interval(np.repeat(means, 10), np.repeat(np.arange(10), 10))
    alone = interval(means, np.arange(10))
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))
    assert together.rows == 100
    assert together.clusters == 10


def test_a_persona_with_more_rows_weighs_more():
    assert interval([1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 2, 3, 4]).mean == pytest.approx(3 / 7)


def test_unscored_rows_are_skipped_and_never_count_as_zero():
    values = [0.5, np.nan, 0.7, 0.6, np.nan, 0.8, 0.9]
    found = interval(values, [0, 0, 1, 2, 3, 4, 5])
    assert found.mean == pytest.approx(0.7)
    assert found.rows == 5
    assert found.clusters == 5
    assert 0.5 <= found.low < found.mean < found.high <= 0.9


def test_under_five_personas_there_is_no_interval_and_the_reason_says_so():
    found = interval([1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 1, 1, 2, 2, 3, 3])
    assert found.mean == 4.5
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.reason == TOO_FEW


def test_a_column_without_any_value_has_no_mean_and_no_interval():
    found = interval([np.nan] * 6, range(6))
    assert math.isnan(found.mean)
    assert found.rows == 0
    assert found.reason == TOO_FEW


def test_equal_scores_give_an_interval_of_no_width_with_its_reason():
    found = interval([0.1] * 30, np.repeat(np.arange(10), 3))
    assert found.low == found.high == found.mean == pytest.approx(0.1)
    assert found.reason == NO_VARIATION


def test_where_bca_is_undefined_the_percentile_interval_is_given_and_named():
    # One resample in five: with this seed no resample lies below the mean.
    values, persona = [0, 0, 0, 0, 0, 1], range(6)
    found = next(
        f for f in (interval(values, persona, resamples=2, seed=str(s)) for s in range(100)) if f.reason and f.reason != NO_VARIATION
    )
    assert found.reason == BCA_UNDEFINED
    assert found.low <= found.high


def test_a_columns_interval_does_not_depend_on_the_columns_beside_it():
    values = np.random.default_rng(5).normal(size=(60, 3))
    values[:10, 1] = np.nan  # another set of personas
    persona = np.repeat(np.arange(20), 3)
    together = intervals(values, persona, resamples=1000, confidence=0.95, seed="x")
    alone = [intervals(values[:, [j]], persona, resamples=1000, confidence=0.95, seed="x")[0] for j in range(3)]
    assert [end for a in together for end in (a.low, a.high)] == pytest.approx([end for a in alone for end in (a.low, a.high)])


def test_same_seed_same_interval_and_another_seed_another():
    values, persona = np.random.default_rng(5).normal(size=60), np.repeat(np.arange(20), 3)
    assert interval(values, persona, seed="a") == interval(values, persona, seed="a")
    assert interval(values, persona, seed="a") != interval(values, persona, seed="b")


def test_many_personas_are_resampled_in_blocks_with_the_same_result(monkeypatch):
    import tidelab.analysis.bootstrap as module

    values, persona = np.random.default_rng(5).normal(size=60), np.repeat(np.arange(20), 3)
    whole = interval(values, persona)
    assert module.BLOCK // 20 > 10_000  # the whole ran in one block
    monkeypatch.setattr(module, "BLOCK", 20 * 999)
    assert interval(values, persona) == whole


def test_95_percent_intervals_cover_the_truth_about_95_percent_of_the_time():
    rng = np.random.default_rng(11)
    personas, each, trials = 40, 4, 300
    effects = rng.normal(0.0, 1.0, size=(trials, personas, 1)) + rng.normal(0.0, 1.0, size=(trials, personas, each))
    columns = effects.reshape(trials, -1).T
    found = intervals(columns, np.repeat(np.arange(personas), each), resamples=1000, confidence=0.95, seed="cover")
    covered = np.mean([i.low <= 0 <= i.high for i in found])
    assert 0.90 <= covered <= 0.98
    ignoring_personas = intervals(columns, np.arange(personas * each), resamples=1000, confidence=0.95, seed="cover")
    assert np.mean([i.low <= 0 <= i.high for i in ignoring_personas]) < 0.88  # what resampling rows would have claimed


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 7), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_any_finite_rows_give_an_ordered_interval_or_a_reason(rows):
    found = interval([v for _, v in rows], [p for p, _ in rows], resamples=200)
    assert found.low <= found.high or found.reason
