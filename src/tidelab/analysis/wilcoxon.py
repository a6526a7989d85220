"""Wilcoxon's signed-rank test over personas: the companion of the sign-flip test that a single extreme persona can't sway."""

from __future__ import annotations

import math

import numpy as np

from tidelab.analysis.bootstrap import Floats


def wilcoxon(differences: Floats) -> tuple[float, str]:
    """Two-sided p and the reason where it is NaN. `differences` [personas]; zeros are left out (Wilcoxon 1945)."""
    moved = differences[differences != 0]
    if len(differences) < 2:
        return math.nan, "fewer than 2 personas: nothing to test over"
    if len(moved) == 0:
        return math.nan, "every persona's difference is zero"
    from scipy.stats import wilcoxon as signed_rank

    # Exact where the null distribution is: no ties, and few enough to enumerate.
    tied = len(np.unique(np.abs(moved))) < len(moved)
    method = "exact" if len(moved) <= 50 and not tied else "asymptotic"
    return float(signed_rank(moved, method=method, correction=False).pvalue), ""
