"""Agreement between people: Cohen's kappa, Krippendorff's alpha, and bootstrap intervals over items.

Both are computed from one K x K matrix for each item, summed over items, so that ten thousand resamples are one matrix product.

kappa  -- Cohen (1960), weighted as in Cohen (1968): weights 1 - d, d = |i - j| / (K - 1) (linear) or its square (quadratic). For raters who
          are interchangeable (`symmetric`), each pair counts both ways round, which makes both margins those of all ratings together.
alpha  -- Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": any number of raters, missing ratings, ordinal, nominal or
          interval distances.
Undefined (NaN) where no item has two ratings, or where all ratings are the same: then there is nothing to agree about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Weights = Literal["nominal", "linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]
KAPPAS: dict[str, Weights] = {"kappa_linear": "linear", "kappa_quadratic": "quadratic"}
BLOCK = 4_000_000  # weights of resamples held at once


@dataclass(frozen=True)
class Agreement:
    """A coefficient with its percentile interval over items; NaN with a reason where there is none."""

    value: float
    low: float
    high: float
    items: int
    reason: str = ""


def kappa(first: npt.ArrayLike, second: npt.ArrayLike, categories: int, weights: Weights, *, symmetric: bool = False) -> float:
    """Cohen's kappa of two raters. first, second: [items], integers 0..categories-1."""
    return float(_kappa(_pairs(first, second, categories, symmetric).sum(axis=0), weights))


def alpha(ratings: npt.ArrayLike, categories: int, level: Level) -> float:
    """Krippendorff's alpha. ratings: [items, raters], 0..categories-1, NaN where a rater gave none."""
    return float(_alpha(_coincidences(ratings, categories).sum(axis=0), level))


def alpha_interval(ratings: npt.ArrayLike, categories: int, level: Level, *, resamples: int = 10_000, seed: int = 7) -> Agreement:
    """`alpha` with a 95% interval; items with fewer than two ratings say nothing and are not resampled."""
    matrices = _coincidences(ratings, categories)
    matrices = matrices[matrices.sum(axis=(1, 2)) > 0]
    value = float(_alpha(matrices.sum(axis=0), level))
    drawn = _resample(matrices.reshape(len(matrices), categories**2), resamples, seed).reshape(-1, categories, categories)
    return _interval(value, _alpha(drawn, level), len(matrices))


def of_items(
    ratings: npt.ArrayLike, categories: int, *, clusters: npt.ArrayLike | None = None, resamples: int = 10_000, seed: int = 7
) -> dict[str, Agreement]:
    """`alpha` (ordinal), `kappa_linear` and `kappa_quadratic` of any number of interchangeable raters, with 95% intervals over items.

    ratings: as for `alpha`. clusters: [items], for items that belong together (one reply rated on several factors): they are resampled and
    counted as one, since eight ratings of one reply are not eight replies. The kappas pool every pair of ratings of an item, both ways
    round, so that both margins are those of all ratings; with two raters they are the symmetric kappas of `of_pairs`.
    """
    matrices = _coincidences(ratings, categories)
    if clusters is not None:
        matrices = _summed(matrices, np.asarray(clusters))
    matrices = matrices[matrices.sum(axis=(1, 2)) > 0]
    count, table = len(matrices), matrices.sum(axis=0)
    drawn = _resample(matrices.reshape(count, categories**2), resamples, seed).reshape(-1, categories, categories)
    found = {"alpha": _interval(float(_alpha(table, "ordinal")), _alpha(drawn, "ordinal"), count)}
    for name, weights in KAPPAS.items():
        found[name] = _interval(float(_kappa(table, weights)), _kappa(drawn, weights), count)
    return found


@dataclass(frozen=True)
class Question:
    """What two people said of the same items: integers 0..categories-1."""

    first: Sequence[int]
    second: Sequence[int]
    categories: int


def of_pairs(questions: Sequence[Question], *, resamples: int = 10_000, seed: int = 7) -> list[dict[str, Agreement]]:
    """For each question `alpha` (ordinal) and symmetric `kappa_linear` and `kappa_quadratic`, with 95% intervals.

    All questions must be about the same items: they share their resamples, so that many cost hardly more than one.
    """
    pairs = [_pairs(q.first, q.second, q.categories, symmetric=True) for q in questions]
    count = len(pairs[0])
    drawn = _resample(np.concatenate([p.reshape(count, p.shape[1] ** 2) for p in pairs], axis=1), resamples, seed)
    answer, start = [], 0
    for question, matrices in zip(questions, pairs, strict=True):
        size = question.categories
        table, tables = matrices.sum(axis=0), drawn[:, start : start + size**2].reshape(-1, size, size)
        start += size**2
        found = {"alpha": _interval(float(_alpha(2 * table, "ordinal")), _alpha(2 * tables, "ordinal"), count)}
        for name, weights in KAPPAS.items():
            found[name] = _interval(float(_kappa(table, weights)), _kappa(tables, weights), count)
        answer.append(found)
    return answer


def _pairs(first: npt.ArrayLike, second: npt.ArrayLike, categories: int, symmetric: bool) -> Floats:
    """[items, K, K]: a one where the item's two ratings meet."""
    one, other = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    pairs = np.zeros((len(one), categories, categories))
    pairs[np.arange(len(one)), one, other] = 1
    return (pairs + pairs.transpose(0, 2, 1)) / 2 if symmetric else pairs


def _coincidences(ratings: npt.ArrayLike, categories: int) -> Floats:
    """[items, K, K]: every ordered pair of an item's ratings, over one less than their number."""
    table = np.asarray(ratings, dtype=np.float64)
    counts = np.stack([(table == c).sum(axis=1) for c in range(categories)], axis=1).astype(np.float64)
    given = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(categories)
    pairs[given < 2] = 0
    return np.asarray(pairs / np.maximum(given - 1, 1)[:, None, None])


def _summed(matrices: Floats, clusters: npt.NDArray[np.generic]) -> Floats:
    """[clusters, K, K]: the matrices of each cluster's items, summed."""
    names, place = np.unique(clusters, return_inverse=True)
    summed = np.zeros((len(names), *matrices.shape[1:]))
    np.add.at(summed, place, matrices)
    return summed


def _kappa(table: Floats, weights: Weights) -> Floats:
    """[..., K, K] counts to [...] kappas: one less the observed over the expected disagreement."""
    size = table.shape[-1]
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(size - 1, 1)
    distance = {"nominal": (apart > 0).astype(np.float64), "linear": apart, "quadratic": apart**2}[weights]
    total = table.sum(axis=(-1, -2))
    expected = table.sum(axis=-1)[..., :, None] * table.sum(axis=-2)[..., None, :]
    return _one_less((table * distance).sum(axis=(-1, -2)) * total, (expected * distance).sum(axis=(-1, -2)))


def _alpha(table: Floats, level: Level) -> Floats:
    """[..., K, K] coincidences to [...] alphas."""
    margins = table.sum(axis=-1)
    size = table.shape[-1]
    if level == "ordinal":
        # distance of c and k: the square of the ratings between them, with half of those at either end
        up_to = np.cumsum(margins, axis=-1) - margins / 2
        distance = (up_to[..., :, None] - up_to[..., None, :]) ** 2
    else:
        apart = np.subtract.outer(np.arange(size), np.arange(size)).astype(np.float64)
        distance = apart**2 if level == "interval" else (apart != 0).astype(np.float64)
    total = margins.sum(axis=-1)
    expected = margins[..., :, None] * margins[..., None, :]
    return _one_less((table * distance).sum(axis=(-1, -2)) * (total - 1), (expected * distance).sum(axis=(-1, -2)))


def _one_less(observed: Floats, expected: Floats) -> Floats:
    known = expected > 0
    return np.asarray(np.where(known, 1 - np.divide(observed, expected, out=np.zeros_like(expected), where=known), np.nan))


def _resample(rows: Floats, resamples: int, seed: int) -> Floats:
    """[resamples, columns]: sums of rows [items, columns] drawn with replacement."""
    count, draw = len(rows), np.random.default_rng(seed)
    if count == 0:
        return np.zeros((resamples, rows.shape[1]))
    block, drawn = max(1, BLOCK // count), []
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        # bincount of draws, as np.random.multinomial would give but several times faster for many items
        picked = draw.integers(0, count, (size, count)) + count * np.arange(size)[:, None]
        drawn.append(np.bincount(picked.ravel(), minlength=size * count).reshape(size, count) @ rows)
    return np.concatenate(drawn)


def _interval(value: float, drawn: Floats, count: int) -> Agreement:
    if np.isnan(value):
        reason = "no item has two ratings" if count == 0 else "all ratings are the same"
        return Agreement(value, np.nan, np.nan, count, reason)
    if count < 5:
        return Agreement(value, np.nan, np.nan, count, "fewer than 5 items")
    low, high = np.nanquantile(drawn, (0.025, 0.975))  # a resample in which all ratings are the same has no value
    return Agreement(value, float(low), float(high), count)
