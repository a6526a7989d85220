"""Cluster bootstrap over personas: intervals of means whose rows come in groups.

A persona's conversations resemble each other, so rows are not independent; personas are what is resampled (Davison & Hinkley 1997,
section 3.8). A resample's mean is the sum of its rows over their number, so a persona with more rows weighs more, as in the mean
itself. All columns (system x metric) share one matrix of multinomial weights: two matrix products give every resample at once.

BCa intervals follow Efron (1987), the acceleration from the jackknife over personas.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FEWEST = 5
TOO_FEW = f"fewer than {FEWEST} personas"
BLOCK = 6_000_000  # weights held at once, about 100 MB
NO_VARIATION = "no variation between personas"
BCA_UNDEFINED = "BCa undefined (every resample lies on one side of the mean): percentile interval"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean over rows with its interval; NaN ends and a `reason` where there is none."""

    mean: float
    low: float
    high: float
    rows: int
    clusters: int
    reason: str = ""


def generator(seed: str) -> np.random.Generator:
    """A numpy generator out of words, so that each question draws its own numbers whatever else is computed."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "big"))


def intervals(
    values: Floats,
    clusters: npt.NDArray[np.int64],
    *,
    resamples: int,
    confidence: float,
    seed: str,
    method: Literal["bca", "percentile"] = "bca",
) -> list[Interval]:
    """Mean and interval of each column of `values` [rows, columns]; NaN rows are skipped.

    clusters: [rows], the persona of each row as an integer from 0. Columns with values for the same personas share their
    resamples, and a column's interval does not depend on which other columns stand beside it.
    """
    size = int(clusters.max()) + 1 if len(clusters) else 0
    scored = ~np.isnan(values)
    sums, counts = _summed(np.where(scored, values, 0.0), clusters, size), _summed(scored.astype(np.float64), clusters, size)

    answer: dict[int, Interval] = {}
    patterns: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        patterns.setdefault((counts[:, column] > 0).tobytes(), []).append(column)
    for columns in patterns.values():
        present = counts[:, columns[0]] > 0
        s, n = sums[present][:, columns], counts[present][:, columns]
        size = int(present.sum())
        if size < FEWEST:
            for j, column in enumerate(columns):
                rows = int(n[:, j].sum())
                mean = float(s[:, j].sum() / rows) if rows else np.nan
                answer[column] = Interval(mean, np.nan, np.nan, rows, size, TOO_FEW)
            continue
        both = resampled(np.hstack([s, n]), resamples, generator(seed))
        drawn = both[: len(columns)] / both[len(columns) :]
        for j, column in enumerate(columns):
            answer[column] = _interval(drawn[j], s[:, j], n[:, j], confidence, method)
    return [answer[column] for column in range(values.shape[1])]


def _summed(values: Floats, clusters: npt.NDArray[np.int64], size: int) -> Floats:
    """[size, columns]: sums of the rows of each cluster."""
    from scipy.sparse import csr_array

    member = csr_array((np.ones(len(clusters)), (clusters, np.arange(len(clusters)))), shape=(size, len(clusters)))
    return np.asarray(member @ values)


def resampled(sums: Floats, resamples: int, draw: np.random.Generator) -> Floats:
    """[columns, resamples]: sums [clusters, columns] of clusters drawn with replacement, `BLOCK` weights at a time."""
    size = len(sums)
    block, blocks = max(1, BLOCK // size), []
    for start in range(0, resamples, block):
        drawn = min(block, resamples - start)
        # bincount of draws is what np.random.multinomial gives, several times faster
        picked = draw.integers(0, size, (drawn, size)) + size * np.arange(drawn)[:, None]
        weights = np.bincount(picked.ravel(), minlength=drawn * size).reshape(drawn, size).astype(np.float64)
        blocks.append(weights @ sums)
    return np.ascontiguousarray(np.concatenate(blocks).T)


def _interval(drawn: Floats, sums: Floats, counts: Floats, confidence: float, method: str) -> Interval:
    rows, size = int(counts.sum()), len(sums)
    mean = float(sums.sum() / rows)
    if _like(drawn, mean).all():
        return Interval(mean, mean, mean, rows, size, NO_VARIATION)
    tails, reason = ((1 - confidence) / 2, (1 + confidence) / 2), ""
    if method == "bca":
        tails, reason = _bca_tails(drawn, mean, sums, counts, tails)
    low, high = np.quantile(drawn, tails)
    return Interval(mean, float(low), float(high), rows, size, reason)


def _bca_tails(drawn: Floats, mean: float, sums: Floats, counts: Floats, tails: tuple[float, float]) -> tuple[tuple[float, float], str]:
    """The two quantiles at which BCa reads the resamples; the plain tails and a reason where it has none."""
    from scipy.special import ndtr, ndtri

    ties = _like(drawn, mean)
    below = float(((drawn < mean) & ~ties).mean() + ties.mean() / 2)
    if not 0 < below < 1:
        return tails, BCA_UNDEFINED
    left_out = (sums.sum() - sums) / (counts.sum() - counts)
    spread = left_out.mean() - left_out
    squares = float((spread**2).sum())
    acceleration = float((spread**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
    bias = ndtri(below)
    shifted = bias + ndtri(tails)
    low, high = ndtr(bias + shifted / (1 - acceleration * shifted))
    return (float(low), float(high)), ""


def _like(drawn: Floats, mean: float) -> npt.NDArray[np.bool_]:
    """Which resamples equal the mean but for rounding."""
    return np.asarray(np.abs(drawn - mean) <= 1e-15 + 1e-12 * abs(mean))
