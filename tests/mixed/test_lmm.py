import math

import numpy as np
import pytest

from tests.analysis import goldens
from tidelab.mixed.lmm import at_least, lmm


def fit(y, x, factors):
    return lmm(y, x, [f"b{i}" for i in range(x.shape[1])], factors)


def crossed(people, items, seed=1, sd=(1.0, 0.5, 1.0), effect=0.0):
    """Two systems, every person rates each item of one system's arm at random."""
    draw = np.random.default_rng(seed)
    person, item = np.repeat(np.arange(people), items), np.tile(np.arange(items), people)
    system = draw.integers(0, 2, people * items).astype(float)
    y = (
        3
        + effect * system
        + draw.normal(0, sd[0], people)[person]
        + draw.normal(0, sd[1], items)[item]
        + draw.normal(0, sd[2], len(person))
    )
    return y, np.column_stack([np.ones(len(y)), system]), {"participant": person, "item": item}


@pytest.mark.parametrize(
    ("study", "model"),
    [("complete", "linear"), ("incomplete", "linear"), ("incomplete", "interaction"), ("none", "linear"), ("likings", "linear")],
)
def test_estimates_errors_variances_and_degrees_of_freedom_are_those_of_lme4(study, model):
    y, x, factors, r = goldens.design(study, model)
    found = fit(y, x, factors)
    assert found.converged, found.reason
    assert found.criterion == pytest.approx(r["criterion"], abs=1e-6)
    assert found.estimates == pytest.approx(r["estimate"], rel=1e-4)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(r["se"], rel=1e-4)
    assert found.deviations == pytest.approx({k: r["sd"][k] for k in factors}, rel=1e-4)
    assert found.residual == pytest.approx(r["sd"]["Residual"], rel=1e-4)
    for contrast, df, p in zip(np.eye(x.shape[1]), r["df"], r["p"], strict=True):
        test = found.test(contrast)
        assert test.df2 == pytest.approx(df, rel=1e-4)
        assert test.p == pytest.approx(p, rel=1e-3)


@pytest.mark.parametrize(
    ("study", "model", "last"), [("complete", "linear", 2), ("incomplete", "linear", 3), ("incomplete", "interaction", 3)]
)
def test_the_f_test_of_several_coefficients_is_that_of_lmertest(study, model, last):
    y, x, factors, r = goldens.design(study, model)
    test = fit(y, x, factors).test(np.eye(x.shape[1])[-last:])
    f, df2, p = (np.atleast_1d(r[name])[-1] for name in ("f", "df2", "p_f"))
    assert (test.statistic, test.df1) == (pytest.approx(f, rel=1e-4), last)
    assert test.df2 == pytest.approx(df2, rel=2e-4)
    assert test.p == pytest.approx(p, rel=1e-3)


def test_a_variance_at_zero_is_said_as_in_lme4_and_changes_nothing_else():
    y, x, factors, r = goldens.design("complete", "pairs")
    system = x[:, 1:].argmax(axis=1) + x[:, 1:].any(axis=1)
    factors["participant:system"] = np.unique(factors["participant"] * 10 + system, return_inverse=True)[1]
    found = fit(y, x, factors)
    assert found.deviations["participant:system"] == 0
    assert "participant:system do not vary" in found.notes[0]
    assert found.test(np.eye(3)[1]).df2 == pytest.approx(r["df"][1], rel=1e-4)


def test_the_order_of_factors_and_rows_changes_nothing():
    y, x, factors, _ = goldens.design("incomplete", "linear")
    shuffled = np.random.default_rng(2).permutation(len(y))
    other = fit(y[shuffled], x[shuffled], {"item": factors["item"][shuffled], "participant": factors["participant"][shuffled]})
    assert other.estimates == pytest.approx(fit(y, x, factors).estimates, rel=1e-6)
    assert list(other.deviations) == ["item", "participant"]


def test_without_factors_it_is_least_squares():
    y, x, _ = crossed(10, 6)
    found = fit(y, x, {})
    assert found.estimates == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0])
    assert found.test(np.array([0, 1])).df2 == len(y) - 2


def test_an_interval_holds_its_estimate_and_widens_with_confidence():
    y, x, factors = crossed(20, 8, effect=0.5)
    found = fit(y, x, factors)
    (estimate, low, high), (_, lower, higher) = (found.interval(np.array([0.0, 1.0]), c) for c in (0.9, 0.99))
    assert lower < low < estimate < high < higher


def test_constant_ratings_have_no_numbers_and_a_reason():
    y, x, factors = crossed(8, 4)
    found = fit(np.full(len(y), 3.0), x, factors)
    assert not found.converged
    assert found.reason == "every value is the same"
    test = found.test(np.array([0, 1]))
    assert math.isnan(test.p) and test.reason == found.reason


def test_one_participant_is_left_out_as_a_factor_and_said():
    y, x, factors = crossed(1, 30)
    found = fit(y, x, {"participant": factors["participant"]})
    assert found.converged
    assert found.notes == ("no intercepts of participant: it has one level",)


def test_a_factor_with_a_level_for_each_row_is_left_out_and_said():
    y, x, factors = crossed(10, 6)
    found = fit(y, x, {"participant": factors["participant"], "reply": np.arange(len(y))})
    assert found.converged
    assert found.notes == ("no intercepts of reply: it has a level for each row",)


def test_two_factors_that_group_rows_alike_are_one_and_said():
    y, x, factors = crossed(20, 6)
    found = fit(y, x, {"participant": factors["participant"], "session": (factors["participant"] + 5) % 20})
    assert found.converged
    assert found.notes == ("no intercepts of session: it groups the rows as participant does",)


def test_values_that_the_systems_explain_wholly_are_no_test():
    _, x, factors = crossed(10, 6)
    assert "nothing is left" in fit(2 + x[:, 1], x, factors).reason


def test_too_few_rows_are_said():
    y, x, factors = crossed(1, 3)
    assert "too few" in fit(y, x, factors).reason


def test_sixteen_hundred_incomplete_ratings_converge_in_a_second():
    import time

    draw = np.random.default_rng(5)
    person, item, system = np.repeat(np.arange(100), 16), draw.integers(0, 400, 1600), draw.integers(0, 17, 1600)
    y = 3 + draw.normal(0, 0.7, 100)[person] + draw.normal(0, 0.4, 400)[item] + draw.normal(0, 1, 1600)
    x = np.column_stack([np.ones(1600), *((system == s) * 1.0 for s in range(1, 17))])
    start = time.process_time()
    found = fit(np.clip(np.round(y), 1, 5), x, {"participant": person, "item": np.unique(item, return_inverse=True)[1]})
    assert found.converged, found.reason
    assert found.test(np.eye(17)[1:]).df1 == 16
    assert time.process_time() - start < 10


def fit_mean(y, factors):
    return lmm(y, np.ones((len(y), 1)), ["intercept"], factors)


def test_one_random_effect_agrees_with_the_closed_form_of_balanced_data():
    rng = np.random.default_rng(1)
    groups, each = 30, 8
    y = (rng.normal(0, 1.5, groups)[:, None] + rng.normal(0, 0.7, (groups, each)) + 2).ravel()
    level = np.repeat(np.arange(groups), each)
    found = fit_mean(y, {"participant": level})
    table_ = y.reshape(groups, each)
    within = float(((table_ - table_.mean(axis=1, keepdims=True)) ** 2).sum() / (groups * (each - 1)))
    between = float(each * ((table_.mean(axis=1) - y.mean()) ** 2).sum() / (groups - 1))
    assert found.converged
    assert found.estimates[0] == pytest.approx(y.mean(), abs=1e-6)
    assert found.residual**2 == pytest.approx(within, rel=2e-3)
    assert found.deviations["participant"] ** 2 == pytest.approx((between - within) / each, rel=5e-3)
    assert found.test(np.ones(1)).se == pytest.approx(np.sqrt(between / len(y)), rel=5e-3)


def test_crossed_effects_agree_with_the_closed_form_of_a_balanced_table():
    rng = np.random.default_rng(2)
    a, b = 25, 12
    y = rng.normal(0, 1, (a, 1)) + rng.normal(0, 0.6, (1, b)) + rng.normal(0, 0.5, (a, b))
    rows, columns = np.divmod(np.arange(a * b), b)
    found = fit_mean(y.ravel(), {"participant": rows, "conversation": columns})
    rest = y - y.mean(1, keepdims=True) - y.mean(0, keepdims=True) + y.mean()
    noise = float((rest**2).sum() / ((a - 1) * (b - 1)))
    of_a = float(b * ((y.mean(1) - y.mean()) ** 2).sum() / (a - 1))
    of_b = float(a * ((y.mean(0) - y.mean()) ** 2).sum() / (b - 1))
    assert found.residual**2 == pytest.approx(noise, rel=5e-3)
    assert found.deviations["participant"] ** 2 == pytest.approx((of_a - noise) / b, rel=1e-2)
    assert found.deviations["conversation"] ** 2 == pytest.approx((of_b - noise) / a, rel=1e-2)


def test_the_robust_covariance_is_that_of_rows_that_share_a_group_of_either_kind():
    draw = np.random.default_rng(4)
    people, items = draw.integers(0, 12, 150), draw.integers(0, 9, 150)
    x = np.column_stack([np.ones(150), draw.normal(size=150)])
    y = draw.normal(size=12)[people] + draw.normal(size=9)[items] + draw.normal(size=150)
    fit = lmm(y, x, ["mean", "slope"], {"people": people, "items": items}, robust=(people, items))
    one, other = (codes[:, None] == codes[None, :] for codes in (people, items))
    within = fit.residual**2 * np.eye(150) + fit.deviations["people"] ** 2 * one + fit.deviations["items"] ** 2 * other
    weighed = np.linalg.solve(within, x)
    moved = weighed * (y - x @ fit.estimates)[:, None]
    share = 12 / 11 * one + 9 / 8 * other
    both = one & other
    cells = len({*zip(people, items, strict=True)})
    meat = moved.T @ (share - cells / (cells - 1) * both) @ moved
    bread = np.linalg.inv(x.T @ weighed)
    assert fit.covariance == pytest.approx(bread @ meat @ bread, rel=1e-6)
    assert fit.clusters == 9
    test = fit.test(np.array([0.0, 1.0]))
    assert test.df2 == 8
    assert test.se == pytest.approx(np.sqrt(fit.covariance[1, 1]))


def test_a_difference_of_sandwiches_below_zero_is_raised_to_a_variance_that_can_be():
    raised = at_least(np.array([[-1.0, 0.0], [0.0, 5.0]]), np.eye(2))
    assert raised == pytest.approx(np.array([[1.0, 0.0], [0.0, 5.0]]))
