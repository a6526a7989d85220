"""Friedman's test with Kendall's W, and what comes after it: which systems differ (Nemenyi, Conover, Wilcoxon with Holm).

Ranks within blocks, ties at their mean rank, statistic corrected for ties (Conover 1999, section 5.8, T1). W = statistic / (blocks x
(systems - 1)). Nemenyi compares mean ranks by the studentized range (Demsar 2006); Conover by t from the ranks' own spread (Conover &
Iman 1979); Wilcoxon tests each pair by its own signed ranks. Held against scipy and scikit-posthocs.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from tidelab.analysis.bootstrap import Floats
from tidelab.analysis.holm import holm
from tidelab.analysis.wilcoxon import wilcoxon


@dataclass(frozen=True)
class Friedman:
    """The test over all systems; NaN with a reason where it can't be made."""

    statistic: float
    df: int
    p: float
    w: float  # Kendall's W, 0 (no agreement of blocks about the order) to 1
    blocks: int
    mean_ranks: tuple[float, ...]  # 1 is lowest
    reason: str = ""


@dataclass(frozen=True)
class After:
    """One pair of systems (columns of the table), first minus second."""

    first: int
    second: int
    rank_difference: float
    p_nemenyi: float
    p_conover: float  # of this pair alone
    p_conover_holm: float
    p_wilcoxon: float
    p_wilcoxon_holm: float


def friedman(table: Floats) -> Friedman:
    """table: [blocks, systems] without gaps; a block is what saw every system, as a rule a participant."""
    blocks, size = table.shape
    nan = (math.nan,) * size
    if size < 2 or blocks < 2:
        reason = f"{size} systems: nothing to compare" if size < 2 else f"{blocks} participants rated every system: 2 at least are needed"
        return Friedman(math.nan, max(size - 1, 0), math.nan, math.nan, blocks, nan, reason)
    from scipy.stats import chi2

    ranks = _ranks(table)
    sums = ranks.sum(axis=0)
    spread = float((ranks**2).sum()) - blocks * size * (size + 1) ** 2 / 4
    means = tuple(float(m) for m in sums / blocks)
    if spread <= 1e-9:
        return Friedman(math.nan, size - 1, math.nan, math.nan, blocks, means, "every participant rates all systems the same")
    statistic = float((size - 1) * ((sums - blocks * (size + 1) / 2) ** 2).sum() / spread)
    w = statistic / (blocks * (size - 1))
    return Friedman(statistic, size - 1, float(chi2.sf(statistic, size - 1)), w, blocks, means)


def after(table: Floats) -> list[After]:
    """Every pair of columns. Nemenyi's p holds for all pairs together by itself, Conover's and Wilcoxon's with Holm."""
    from scipy.stats import studentized_range
    from scipy.stats import t as t_distribution

    whole = friedman(table)
    blocks, size = table.shape
    pairs = list(itertools.combinations(range(size), 2))
    nan = math.nan
    if whole.reason:
        return [After(i, j, nan, nan, nan, nan, nan, nan) for i, j in pairs]
    ranks = _ranks(table)
    means, squares = ranks.mean(axis=0), float((ranks**2).sum())
    spread = (squares - blocks * size * (size + 1) ** 2 / 4) / (size - 1)
    freedom = (blocks - 1) * (size - 1)
    # the ranks' spread once the systems' part is taken out; none is left where all blocks agree wholly
    left = spread * (1 - whole.statistic / (blocks * (size - 1))) * 2 * blocks * (size - 1) / freedom
    signed = [wilcoxon(table[:, i] - table[:, j])[0] for i, j in pairs]
    differences = [float(means[i] - means[j]) for i, j in pairs]
    if left > 1e-9:
        conover = [float(2 * t_distribution.sf(abs(d) * blocks / math.sqrt(left), freedom)) for d in differences]
    else:
        conover = [0.0 if d else 1.0 for d in differences]
    unit = math.sqrt(size * (size + 1) / (12 * blocks))
    nemenyi = [float(studentized_range.sf(abs(d) / unit, size, 100_000)) for d in differences]
    columns = (differences, nemenyi, conover, holm(conover), signed, holm(signed))
    return [After(i, j, *row) for (i, j), *row in zip(pairs, *columns, strict=True)]


def _ranks(table: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(np.round(table, 9), axis=1), dtype=np.float64)  # rounding of equal means is no difference
