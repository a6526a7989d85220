"""Pairs of groups of people: how their preferences differ, whether they are equivalent, and what a study of this size would have found."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tidelab.analysis.bootstrap import Floats
from tidelab.analysis.holm import holm
from tidelab.analysis.tost import tost

POWER = 0.8


@dataclass(frozen=True)
class GroupPair:
    """Two groups, second minus first, of the participants' preferences in rating points. Welch's t, which takes spreads as they are."""

    factor: str
    person: str
    reply: str
    first: str
    second: str
    participants: int
    difference: float
    low: float  # with more pairs than one: Bonferroni, so that all intervals of the row hold together
    high: float
    p: float
    p_holm: float  # over the pairs of this row
    p_equivalent: float
    p_equivalent_holm: float
    smallest_detectable: float  # difference found with power .8 at this spread and number, at the level of `low` and `high`
    verdict: str  # one pair: against the margin as in `near`; more: equivalent (after Holm) | undecided
    reason: str = ""


def group_pairs(
    names: tuple[str, str, str], groups: Sequence[str], values: Sequence[Floats], margin: float, confidence: float
) -> list[GroupPair]:
    """names: factor, person, reply; values: one array of preferences for each group, none empty."""
    pairs = list(itertools.combinations(range(len(groups)), 2))
    level = (1 - confidence) / len(pairs)
    found = [_pair(names, (groups[i], groups[j]), (values[i], values[j]), margin, level) for i, j in pairs]
    if len(found) == 1:
        return found
    differ, equal = holm([f.p for f in found]), holm([f.p_equivalent for f in found])
    return [
        replace(f, p_holm=p, p_equivalent_holm=q, verdict="equivalent" if q < 1 - confidence else "undecided")
        for f, p, q in zip(found, differ, equal, strict=True)
    ]


def together(pairs: Sequence[GroupPair]) -> tuple[GroupPair, str]:
    """The pair that differs most, and the verdict on all: equivalent only if every pair is."""
    most = max(pairs, key=lambda pair: abs(pair.difference))
    if len(pairs) == 1:
        return most, most.verdict
    return most, "equivalent" if all(pair.verdict == "equivalent" for pair in pairs) else "undecided"


def _pair(names: tuple[str, str, str], groups: tuple[str, str], values: tuple[Floats, Floats], margin: float, level: float) -> GroupPair:
    from scipy.stats import t

    sizes = [len(v) for v in values]
    people, difference = sum(sizes), float(values[1].mean() - values[0].mean())
    if min(sizes) < 2:
        nan = math.nan
        return GroupPair(
            *names, *groups, people, difference, nan, nan, nan, nan, nan, nan, nan, "undecided", "a group of one has no spread"
        )
    spread = [float(np.var(v, ddof=1)) / len(v) for v in values]
    se = math.sqrt(sum(spread))
    if se:
        df = sum(spread) ** 2 / sum(s**2 / (n - 1) for s, n in zip(spread, sizes, strict=True))
        at = float(t.ppf(1 - level / 2, df))
        half, detectable, p = at * se, (at + float(t.ppf(POWER, df))) * se, 2 * float(t.sf(abs(difference) / se, df))
    else:  # everybody of either group answers alike: nothing is left to chance
        df, half, detectable, p = math.inf, 0.0, 0.0, float(difference == 0)
    equal = tost(difference, se, df, margin, level)
    ends = (difference - half, difference + half)
    why = "" if margin > 0 else "without a margin above 0 nothing can be equivalent"
    return GroupPair(*names, *groups, people, difference, *ends, p, p, equal.p, equal.p, detectable, equal.verdict, why)
