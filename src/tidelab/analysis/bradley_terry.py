"""Bradley and Terry's model of pairwise choices: P(i is chosen over j) = logistic(strength_i - strength_j).

Maximum likelihood by Hunter's (2004) MM steps; a tie counts half for each. Strengths are log odds around a mean of zero. Intervals come
from a covariance that is robust to choices of one participant being alike (sandwich, by participant). The estimate exists only where no
group of systems wins, or loses, every choice against the rest (Ford 1957): otherwise the reason says which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tidelab.analysis.bootstrap import Floats
from tidelab.mixed.crossed import Codes


@dataclass(frozen=True)
class Strengths:
    """strengths: [systems], log odds, mean zero; covariance [systems, systems]; `reason` where there are none."""

    strengths: Floats
    covariance: Floats
    choices: int
    ties: int
    reason: str = ""
    clusters: int = 0  # participants; tests and intervals are t and F with one less, since a sandwich of few is too sure of itself


def bradley_terry(first: Codes, second: Codes, outcome: Floats, names: Sequence[str], clusters: Codes) -> Strengths:
    """first, second: [choices], places in `names`; outcome: 1 the first is chosen, 0 the second, 0.5 a tie; clusters: [choices]."""
    systems = len(names)
    nan, none = np.full(systems, np.nan), np.full((systems, systems), np.nan)
    ties = int((outcome == 0.5).sum())
    wins = np.bincount(first * systems + second, outcome, systems**2) + np.bincount(second * systems + first, 1 - outcome, systems**2)
    wins = wins.reshape(systems, systems)
    if systems < 2 or not len(outcome):
        return Strengths(nan, none, len(outcome), ties, "no choice between two systems")
    from scipy.sparse.csgraph import connected_components

    groups, label = connected_components(wins > 0, directed=True, connection="strong")
    if groups > 1:
        alone = [names[int(i)] for i in np.flatnonzero(label == label[int(np.argmin(np.bincount(label)[label]))])]
        reason = f"{', '.join(alone)}: win or lose every choice against the others, or never meet them: no odds can be estimated"
        return Strengths(nan, none, len(outcome), ties, reason)
    met, won = wins + wins.T, wins.sum(axis=1)
    strength = np.zeros(systems)
    for _ in range(10_000):
        power = np.exp(strength)
        now = np.log(won / (met / (power[:, None] + power[None, :])).sum(axis=1))
        now -= now.mean()
        arrived = float(np.abs(now - strength).max()) < 1e-11
        strength = now
        if arrived:
            break
    chance = 1 / (1 + np.exp(strength[second] - strength[first]))
    weight = np.bincount(first * systems + second, chance * (1 - chance), systems**2).reshape(systems, systems)
    weight = weight + weight.T
    bread = np.linalg.pinv(np.diag(weight.sum(axis=1)) - weight)
    size = int(clusters.max()) + 1
    scores, left = np.zeros((size, systems)), outcome - chance
    np.add.at(scores, (clusters, first), left)
    np.add.at(scores, (clusters, second), -left)
    if size < 2:
        return Strengths(strength, none, len(outcome), ties, "choices of one participant: no interval")
    return Strengths(strength, bread @ (scores.T @ scores) @ bread * size / (size - 1), len(outcome), ties, clusters=size)


def choices_of(table: Floats, blocks: Codes) -> tuple[Codes, Codes, Floats, Codes]:
    """Choices that ratings imply: within each row of [rows, systems] (NaN: not rated) the higher rated of every two is chosen.

    blocks: [rows], who rated. Returns first, second, outcome, clusters as `bradley_terry` takes them.
    """
    size = table.shape[1]
    one, other = np.triu_indices(size, 1)
    left, right = table[:, one], table[:, other]
    both = ~(np.isnan(left) | np.isnan(right))
    rows, pair = np.nonzero(both)
    outcome = (np.sign(left[rows, pair] - right[rows, pair]) + 1) / 2
    return one[pair], other[pair], outcome, blocks[rows]


def interval(found: Strengths, system: int, confidence: float) -> tuple[float, float]:
    """t interval of one strength (against the mean of all)."""
    from scipy.stats import t

    wide = float(t.ppf((1 + confidence) / 2, found.clusters - 1)) if found.clusters > 1 else math.nan
    half = wide * math.sqrt(max(float(found.covariance[system, system]), 0.0))
    return float(found.strengths[system]) - half, float(found.strengths[system]) + half


def differ(found: Strengths) -> tuple[float, int, int, float]:
    """Are the systems chosen alike? Hotelling's F over participants with both degrees of freedom and p; NaN where there is no result."""
    from scipy.stats import f

    k = len(found.strengths) - 1
    free = found.clusters - k
    if found.reason or free < 1:
        return math.nan, k, max(free, 0), math.nan
    turn = np.column_stack([-np.ones(k), np.eye(k)])
    apart = turn @ found.strengths
    squared = float(apart @ np.linalg.pinv(turn @ found.covariance @ turn.T) @ apart)
    statistic = squared * free / (k * (found.clusters - 1))
    return statistic, k, free, float(f.sf(statistic, k, free))
