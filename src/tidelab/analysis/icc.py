"""Intraclass correlations of raters, with both families of names and intervals.

| Shrout & Fleiss 1979 | McGraw & Wong 1996 | raters |
| ICC(1,1), ICC(1,k) | ICC(1), ICC(k) | each item has raters of its own |
| ICC(2,1), ICC(2,k) | ICC(A,1), ICC(A,k) | a sample of raters, the same for all items; absolute agreement |
| ICC(3,1), ICC(3,k) | ICC(C,1), ICC(C,k) | these raters only; consistency |

`1`: reliability of one rater's rating, `k`: of the mean of k. Mean squares of the two-way layout, intervals from F (Shrout & Fleiss 1979;
McGraw & Wong 1996, tables 4 and 7). Checked on Shrout and Fleiss's own example and against R's psych. Negative values are reported as such.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tidelab.analysis.bootstrap import Floats

NAMES = {
    "ICC(1,1)": "ICC(1)",
    "ICC(2,1)": "ICC(A,1)",
    "ICC(3,1)": "ICC(C,1)",
    "ICC(1,k)": "ICC(k)",
    "ICC(2,k)": "ICC(A,k)",
    "ICC(3,k)": "ICC(C,k)",
}


@dataclass(frozen=True)
class Icc:
    """One form; NaN with a reason where there is none."""

    shrout_fleiss: str
    mcgraw_wong: str
    value: float
    low: float
    high: float
    reason: str = ""


def icc(table: Floats, confidence: float = 0.95) -> list[Icc]:
    """All six forms of a complete table [items, raters]."""
    items, raters = table.shape
    reason = ""
    if items < 2 or raters < 2:
        reason = f"{items} items by {raters} raters: two of each are needed"
    elif np.ptp(table) == 0:
        reason = "all ratings are the same"
    if reason:
        return [Icc(sf, mw, math.nan, math.nan, math.nan, reason) for sf, mw in NAMES.items()]
    mean = table.mean()
    rows = raters * ((table.mean(axis=1) - mean) ** 2).sum()
    columns = items * ((table.mean(axis=0) - mean) ** 2).sum()
    total = ((table - mean) ** 2).sum()
    between, judges = float(rows) / (items - 1), float(columns) / (raters - 1)
    within = float(total - rows) / (items * (raters - 1))
    error = max(float(total - rows - columns), 0.0) / ((items - 1) * (raters - 1))
    found = []
    for form, value, (low, high) in (
        ("ICC(1,1)", _ratio(between - within, between + (raters - 1) * within), _one_way(between, within, items, raters, confidence)),
        (
            "ICC(2,1)",
            _ratio(between - error, between + (raters - 1) * error + raters * (judges - error) / items),
            _absolute(between, judges, error, items, raters, confidence),
        ),
        ("ICC(3,1)", _ratio(between - error, between + (raters - 1) * error), _two_way(between, error, items, raters, confidence)),
    ):
        found.append(Icc(form, NAMES[form], value, low, high))
    for one in found[:3]:
        form = one.shrout_fleiss.replace(",1", ",k")
        value, low, high = (_stepped_up(v, raters) for v in (one.value, one.low, one.high))
        found.append(Icc(form, NAMES[form], value, low, high))
    return found


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


def _stepped_up(single: float, raters: int) -> float:
    """Spearman and Brown: reliability of the mean of `raters`. Exact for all three families and their intervals."""
    below = 1 + (raters - 1) * single
    return raters * single / below if below > 1e-12 else -math.inf if single < 0 else math.nan


def _one_way(between: float, within: float, items: int, raters: int, confidence: float) -> tuple[float, float]:
    return _from_f(between, within, items - 1, items * (raters - 1), raters, confidence)


def _two_way(between: float, error: float, items: int, raters: int, confidence: float) -> tuple[float, float]:
    return _from_f(between, error, items - 1, (items - 1) * (raters - 1), raters, confidence)


def _from_f(above: float, below: float, df1: int, df2: int, raters: int, confidence: float) -> tuple[float, float]:
    from scipy.stats import f

    if below <= 0:
        return 1.0, 1.0
    tail, ratio = (1 + confidence) / 2, above / below
    low, high = ratio / f.ppf(tail, df1, df2), ratio * f.ppf(tail, df2, df1)
    return float((low - 1) / (low + raters - 1)), float((high - 1) / (high + raters - 1))


def _absolute(between: float, judges: float, error: float, items: int, raters: int, confidence: float) -> tuple[float, float]:
    """McGraw and Wong's interval of ICC(A,1), its degrees of freedom by Satterthwaite."""
    from scipy.stats import f

    if error <= 0:
        return math.nan, math.nan
    n, k, tail = items, raters, (1 + confidence) / 2
    value = (between - error) / (between + (k - 1) * error + k * (judges - error) / n)
    ratio, rest = judges / error, n * (1 + (k - 1) * value) - k * value
    freedom = (k - 1) * (n - 1) * (k * value * ratio + rest) ** 2 / ((n - 1) * (k * value * ratio) ** 2 + rest**2)
    upper, lower = f.ppf(tail, n - 1, freedom), f.ppf(tail, freedom, n - 1)
    spread = k * judges + (k * n - k - n) * error
    low = n * (between - upper * error) / (upper * spread + n * between)
    high = n * (lower * between - error) / (spread + n * lower * between)
    return float(low), float(high)
