"""Exact intervals of shares."""

from __future__ import annotations

import math


def exact(failed: int, of: int, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's (1934) interval of a share, replies taken as independent; NaN of none."""
    from scipy.stats import beta

    if not of:
        return math.nan, math.nan
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, failed, of - failed + 1)) if failed else 0.0
    high = float(beta.ppf(1 - tail, failed + 1, of - failed)) if failed < of else 1.0
    return low, high
