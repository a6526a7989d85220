import math

import numpy as np
import pytest

from tests.analysis import goldens
from tidelab.analysis import clmm as module
from tidelab.analysis.clmm import clmm
from tidelab.mixed.crossed import Crossed


def fit(y, x, factors, **more):
    return clmm(y, x, [f"b{i}" for i in range(x.shape[1])], factors, **more)


@pytest.mark.parametrize(
    ("study", "model"),
    [("complete", "cumulative"), ("incomplete", "cumulative"), ("incomplete", "interaction_cumulative"), ("likings", "cumulative")],
)
def test_likelihood_odds_errors_and_variances_are_those_of_r_ordinal(study, model):
    y, x, factors, r = goldens.design(study, model)
    found = fit(y, x[:, 1:], factors)
    assert found.converged, found.reason
    assert found.loglik == pytest.approx(r["loglik"], abs=1e-5)
    assert found.thresholds == pytest.approx(r["estimate"][:4], rel=2e-4, abs=2e-5)
    assert found.estimates == pytest.approx(r["estimate"][4:], rel=2e-4, abs=6e-5)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(r["se"][4:], rel=1e-4)
    assert found.deviations == pytest.approx(r["sd"], rel=1e-4)


def test_the_gradient_is_that_of_the_likelihood_in_every_direction():
    y, x, factors, _ = goldens.design("incomplete", "cumulative")
    pairs = np.unique(factors["participant"] * 5 + x[:, 1:].argmax(axis=1), return_inverse=True)[1]
    of = module._Likelihood(np.unique(y, return_inverse=True)[1], 5, x[:, 1:], Crossed([*factors.values(), pairs]))
    point = np.array([-2.0, 0.1, 0.3, 0.2, -0.5, 0.1, 0.5, 0.9, 0.6, 0.3])
    gradient = of.value(point)[1]
    steps = 1e-5 * np.eye(len(point))
    assert gradient == pytest.approx([(of.value(point + s)[0] - of.value(point - s)[0]) / 2e-5 for s in steps], abs=1e-4)


def test_without_factors_two_categories_are_logistic_regression():
    draw = np.random.default_rng(1)
    x = np.repeat([0.0, 1.0], 50)[:, None]
    y = (draw.random(100) < np.where(x[:, 0] > 0, 0.7, 0.4)).astype(float)
    found = fit(y, x, {})
    odds = [np.log(m / (1 - m)) for m in (y[:50].mean(), y[50:].mean())]
    assert found.estimates[0] == pytest.approx(odds[1] - odds[0], abs=1e-5)
    expected = math.sqrt(sum(1 / (50 * m * (1 - m)) for m in (y[:50].mean(), y[50:].mean())))
    assert math.sqrt(found.covariance[0, 0]) == pytest.approx(expected, rel=1e-4)


def test_robust_errors_do_not_believe_that_a_row_counted_five_times_is_five_rows():
    draw = np.random.default_rng(3)
    x, y = np.repeat([0.0, 1.0], 40)[:, None], draw.integers(1, 6, 80).astype(float)
    once = fit(y, x, {}, robust=np.arange(80))
    five = fit(np.tile(y, 5), np.tile(x, (5, 1)), {}, robust=np.tile(np.arange(80), 5))
    assert five.covariance[0, 0] == pytest.approx(once.covariance[0, 0], rel=1e-3)
    naive = fit(np.tile(y, 5), np.tile(x, (5, 1)), {})
    assert five.test(np.eye(1))[2] == pytest.approx(once.test(np.eye(1))[2], rel=1e-3)
    assert once.interval(np.ones(1), 0.95)[2] > once.estimates[0] + 1.96 * math.sqrt(once.covariance[0, 0])
    assert naive.covariance[0, 0] < once.covariance[0, 0] / 4


def test_perfect_separation_is_named_and_gives_no_test():
    x = np.repeat([0.0, 1.0], 30)[:, None]
    y = np.where(x[:, 0] > 0, 5.0, 1.0)
    found = fit(y, x, {"participant": np.arange(60) % 10})
    assert not found.converged
    assert "perfect separation" in found.reason
    assert math.isnan(found.test(np.eye(1))[2])


@pytest.mark.parametrize(
    ("y", "reason"),
    [(np.full(40, 3.0), "every rating is the same"), (np.arange(40.0), "40 different values"), (np.array([1.0, 2.0, 3.0]), "too few")],
)
def test_ratings_that_are_no_ordered_categories_have_a_reason(y, reason):
    found = fit(y, (np.arange(len(y)) % 2.0)[:, None], {"participant": np.arange(len(y)) // 4})
    assert not found.converged
    assert reason in found.reason


def test_a_factor_without_effect_ends_at_zero_and_says_so():
    draw = np.random.default_rng(8)
    y, x = draw.integers(1, 6, 300).astype(float), draw.integers(0, 2, 300).astype(float)[:, None]
    found = fit(y, x, {"participant": np.arange(300) % 30})
    assert found.converged, found.reason
    assert found.deviations["participant"] < 0.5
    assert found.deviations["participant"] > 0 or "do not vary" in found.notes[0]
