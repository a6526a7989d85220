"""MAUVE (Pillutla et al., NeurIPS 2021): how near the distribution of a system's replies is to that of the references, over embeddings.

A value of all replies together: one reply has none. The definition is the paper's, the features are the study's encoder's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidelab.scoring.metric import Metric
from tidelab.scoring.shared import Batch, Shared, Whole

SCALE, POINTS, KEPT = 5.0, 25, 0.9  # scaling of the divergences, points of the curve, share of variance that PCA keeps
FEWEST, MOST, CLUSTERS = 50, 5_000, 500  # texts on each side at least and at most; clusters at most
_STARTS, _ROUNDS, _SEED = 5, 100, 25
Floats = np.ndarray[Any, np.dtype[np.float64]]


def corpus(whole: Whole) -> dict[str, float]:
    """MAUVE in 0..1; NaN under 50 texts. Over 5,000 every k-th text is taken on both sides alike."""
    said = np.array(whole.gather(_replies), dtype=np.float64)
    wanted = np.array(whole.gather(_references), dtype=np.float64)
    if len(said) < FEWEST:
        return {"mauve": math.nan}
    every = -(-len(said) // MOST)
    return {"mauve": mauve(*histograms(wanted[::every], said[::every]))}


def mauve(p: Floats, q: Floats) -> float:
    """Area under the divergence curve of two histograms [clusters] that each sum to 1."""
    curve = [(1.0, 0.0)]
    for weight in np.linspace(1e-6, 1 - 1e-6, POINTS):
        mixture = weight * p + (1 - weight) * q
        curve.append((math.exp(-SCALE * _kl(q, mixture)), math.exp(-SCALE * _kl(p, mixture))))
    curve.append((0.0, 1.0))
    x, y = np.array(curve).T
    return float(min(1.0, (_area(x, y) + _area(y, x)) / 2))  # 1 but for rounding where p and q are the same


def histograms(wanted: Floats, said: Floats) -> tuple[Floats, Floats]:
    """Shares of the clusters, found by k-means over both sides, among `wanted` [n, d] and among `said` [m, d]."""
    both = np.concatenate([wanted, said])
    both = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-12)
    both = both - both.mean(axis=0)
    values, axes = np.linalg.eigh(both.T @ both)
    values, axes = values[::-1].clip(0), axes[:, ::-1]
    dimensions = int(np.searchsorted(np.cumsum(values), KEPT * values.sum())) + 1
    clusters = min(CLUSTERS, max(2, round(min(len(wanted), len(said)) / 10)))
    labels = _kmeans(both @ axes[:, :dimensions], clusters)
    counts = [np.bincount(part, minlength=clusters) for part in (labels[: len(wanted)], labels[len(wanted) :])]
    return counts[0] / len(wanted), counts[1] / len(said)


def _kmeans(points: Floats, clusters: int) -> Any:
    """Labels [n] of the best of five starts."""
    from scipy.cluster.vq import kmeans2

    rng = np.random.default_rng(_SEED)
    tries = [kmeans2(points, clusters, iter=_ROUNDS, minit="++", missing="warn", rng=rng) for _ in range(_STARTS)]
    spread = [float(((points - centres[labels]) ** 2).sum()) for centres, labels in tries]
    return tries[int(np.argmin(spread))][1]


def _kl(p: Floats, q: Floats) -> float:
    there = p > 0
    return max(0.0, float((p[there] * np.log(p[there] / q[there])).sum()))


def _area(x: Floats, y: Floats) -> float:
    order = np.lexsort((-y, x))  # at one place from above to below, so that the curve's upright pieces have no area
    return float(np.trapezoid(y[order], x[order]))


def _replies(batch: Batch) -> Any:
    return batch.of_replies(batch.shared.encoder.encode).vectors.numpy()


def _references(batch: Batch) -> Any:
    return batch.of_references(batch.shared.encoder.encode).vectors.numpy()


def signature(shared: Shared) -> tuple[str, ...]:
    """Encoder, scale and clusters decide the value."""
    return (f"enc:{shared.encoder.identity}", f"dtype:{shared.encoder.dtype}", f"c:{SCALE:g}", f"pca:{KEPT}", "k:n/10", f"seed:{_SEED}")


METRIC = Metric(
    name="mauve",
    score=lambda _batch: {},
    bounds=(0.0, 1.0),
    signature=signature,
    encodes=True,
    several="own",
    corpus=corpus,
    per_reply=False,
)
