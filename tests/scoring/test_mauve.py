"""MAUVE by its paper's definition. The package mauve-text is GPL and not used; what it computes is written out here a second time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy
from sklearn.metrics import auc

from tests.scoring.conftest import talk
from tidelab.scoring import mauve as module
from tidelab.scoring.metric import metric
from tidelab.scoring.shared import Batch, Shared, Whole

COUNTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=20).filter(
    lambda rows: any(a for a, _ in rows) and any(b for _, b in rows)
)


def plain(p, q):
    """Pillutla et al. (2021), section 2: both Kullback-Leibler divergences to mixtures, exp(-5 x), area by the trapezoid rule both ways."""
    curve = [(0.0, math.inf)]
    for weight in np.linspace(1e-6, 1 - 1e-6, 25):
        mixture = weight * p + (1 - weight) * q
        curve.append((max(0, entropy(q, mixture)), max(0, entropy(p, mixture))))  # rounding can take it below
    x, y = np.exp(-5 * np.array([*curve, (math.inf, 0.0)])).T
    one, other = np.lexsort((-y, x)), np.lexsort((-x, y))
    return 0.5 * (auc(x[one], y[one]) + auc(y[other], x[other]))


@given(COUNTS)
def test_equals_the_definition_written_out_with_scipy_and_sklearn(rows):
    p, q = (np.array(column) / sum(column) for column in zip(*rows, strict=True))
    assert module.mauve(p, q) == pytest.approx(min(1.0, plain(p, q)), abs=1e-9)


@given(COUNTS)
def test_it_is_symmetric_one_for_equals_and_between_zero_and_one(rows):
    p, q = (np.array(column) / sum(column) for column in zip(*rows, strict=True))
    assert module.mauve(p, q) == pytest.approx(module.mauve(q, p), abs=1e-6)
    assert module.mauve(p, p) == pytest.approx(1, abs=1e-6)
    assert 0 <= module.mauve(p, q) <= 1


def test_histograms_whose_clusters_never_meet_are_near_zero():
    assert module.mauve(np.array([1.0, 0.0]), np.array([0.0, 1.0])) < 0.01


def whole(references, replies):
    return Whole([Batch([""] * len(replies), references, replies, Shared("all-MiniLM-L6-v2"))], [range(len(replies))])


def test_the_same_sentence_for_everyone_is_far_from_the_references_and_their_like_is_near():
    references, like = talk(120, 1), talk(120, 2)
    same = module.corpus(whole(references, ["I am so sorry that this happened to you."] * 120))["mauve"]
    near = module.corpus(whole(references, like))["mauve"]
    assert module.corpus(whole(references, references))["mauve"] == pytest.approx(1, abs=1e-6)
    assert same < 0.1 < 0.5 < near


def test_it_is_the_same_bits_each_time_and_none_for_few_replies():
    references, replies = talk(60, 1), talk(60, 2)
    assert module.corpus(whole(references, replies)) == module.corpus(whole(references, replies))
    assert math.isnan(module.corpus(whole(references[:49], replies[:49]))["mauve"])
    assert metric("mauve").values(whole(references, replies).batches[0]) == {}
