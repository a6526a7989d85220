"""Effect sizes of paired differences over personas."""

from __future__ import annotations

import math

import numpy as np

from tidelab.analysis.bootstrap import Floats


def standardized(differences: Floats) -> tuple[float, str]:
    """d_z: mean over standard deviation (n - 1) of the personas' differences, and the reason where it is NaN."""
    if len(differences) < 2:
        return math.nan, "fewer than 2 personas: no standard deviation"
    deviation = float(np.std(differences, ddof=1))
    if deviation <= 1e-12 * max(1.0, float(np.abs(differences).max())):
        return math.nan, "every persona's difference is the same: no standard deviation to divide by"
    return float(differences.mean()) / deviation, ""


def rank_biserial(differences: Floats) -> tuple[float, str]:
    """Matched-pairs rank-biserial correlation (Kerby 2014): the share of rank sums for a gain minus that against it, -1 to 1."""
    moved = differences[differences != 0]
    if len(moved) == 0:
        return math.nan, "every persona's difference is zero" if len(differences) else "no persona with a pair"
    from scipy.stats import rankdata

    ranks = rankdata(np.abs(moved))
    return float((ranks * np.sign(moved)).sum() / ranks.sum()), ""
