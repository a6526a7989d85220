"""Kappa and alpha against published values and scikit-learn; intervals against simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from tidelab import agreement

N = np.nan
# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example C: four observers, twelve units, missing data.
PUBLISHED = (
    np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
            [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
        ]
    ).T
    - 1
)


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_equals_krippendorffs_published_example(level, value):
    assert agreement.alpha(PUBLISHED, 5, level) == pytest.approx(value, abs=0.0006)


def test_alpha_equals_krippendorffs_binary_example():
    # the same paper, example A: two observers, ten units
    one, other = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert agreement.alpha(np.array([one, other]).T, 2, "nominal") == pytest.approx(0.095, abs=0.0005)


ratings = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=60)


@given(ratings, st.sampled_from(["nominal", "linear", "quadratic"]))
@settings(max_examples=150, deadline=None)
def test_kappa_equals_scikit_learns(pairs, weights):
    first, second = zip(*pairs, strict=True)
    mine = agreement.kappa(first, second, 5, weights)
    if len(set(first) | set(second)) == 1:
        assert np.isnan(mine)
        return
    theirs = cohen_kappa_score(first, second, labels=range(5), weights=None if weights == "nominal" else weights)
    assert mine == pytest.approx(theirs, abs=1e-12)


@given(ratings)
@settings(max_examples=50, deadline=None)
def test_symmetric_kappa_does_not_depend_on_who_is_called_first(pairs):
    first, second = zip(*pairs, strict=True)
    swapped = [pair[::-1] if i % 2 else pair for i, pair in enumerate(pairs)]
    one, other = zip(*swapped, strict=True)
    values = [agreement.kappa(a, b, 5, "quadratic", symmetric=True) for a, b in ((first, second), (one, other))]
    assert values[0] == pytest.approx(values[1], nan_ok=True)
    both = cohen_kappa_score([*first, *second], [*second, *first], labels=range(5), weights="quadratic") if not np.isnan(values[0]) else N
    assert values[0] == pytest.approx(both, nan_ok=True)


@given(ratings, st.sampled_from(["nominal", "ordinal", "interval"]))
@settings(max_examples=50, deadline=None)
def test_alpha_is_one_for_perfect_agreement_and_blind_to_the_order_of_raters_and_items(pairs, level):
    table = np.array(pairs, dtype=float)
    assert agreement.alpha(table, 5, level) == pytest.approx(agreement.alpha(table[::-1, ::-1], 5, level), nan_ok=True)
    same = np.stack([table[:, 0], table[:, 0]], axis=1)
    assert np.isnan(agreement.alpha(same, 5, level)) if len(set(table[:, 0])) == 1 else agreement.alpha(same, 5, level) == 1


def test_an_item_with_one_rating_says_nothing():
    alone = np.vstack([PUBLISHED, [4, N, N, N]])
    assert agreement.alpha(alone, 5, "ordinal") == agreement.alpha(PUBLISHED, 5, "ordinal")
    assert agreement.alpha_interval(alone, 5, "ordinal", resamples=100).items == 11  # the twelfth published unit has one rating too


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (np.zeros((0, 2)), "no item has two ratings"),
        (np.full((9, 2), 3.0), "all ratings are the same"),
        (PUBLISHED[:4], "fewer than 5 items"),
    ],
)
def test_where_there_is_no_interval_the_reason_says_why(table, reason):
    found = agreement.alpha_interval(table, 5, "ordinal", resamples=100)
    assert np.isnan(found.low) and found.reason == reason


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    draw = np.random.default_rng(5)

    def study(items):
        truth = draw.integers(0, 5, items)
        seen = [np.clip(truth + draw.choice([-1, 0, 0, 1], items), 0, 4) for _ in range(2)]
        return np.stack(seen, axis=1).astype(float)

    population = agreement.alpha(study(200_000), 5, "ordinal")
    held = 0
    for i in range(200):
        found = agreement.alpha_interval(study(60), 5, "ordinal", resamples=400, seed=i)
        held += found.low <= population <= found.high
    assert 178 <= held <= 199  # 95% of 200, less what a percentile interval lacks at 60 items


def test_questions_about_the_same_items_share_resamples_and_equal_what_each_gives_alone():
    one = agreement.Question([0, 1, 2, 3, 4, 4, 1], [0, 1, 1, 3, 4, 2, 1], 5)
    other = agreement.Question([0, 1, 1, 0, 1, 1, 0], [0, 1, 0, 0, 1, 1, 0], 2)
    both = agreement.of_pairs([one, other], resamples=500)
    assert both == [*agreement.of_pairs([one], resamples=500), *agreement.of_pairs([other], resamples=500)]
    for q, found in zip((one, other), both, strict=True):
        assert found["alpha"] == agreement.alpha_interval(np.array([q.first, q.second]).T, q.categories, "ordinal", resamples=500)
        for name, weights in agreement.KAPPAS.items():
            assert found[name].value == pytest.approx(agreement.kappa(q.first, q.second, q.categories, weights, symmetric=True))
            assert found[name].low <= found[name].value <= found[name].high
    # of two categories, ordinal distances are nominal ones, and linear weights are quadratic ones
    assert both[1]["alpha"].value == pytest.approx(agreement.alpha(np.array([other.first, other.second]).T, 2, "nominal"))
    assert both[1]["kappa_linear"] == both[1]["kappa_quadratic"]
