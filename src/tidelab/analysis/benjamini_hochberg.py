"""Benjamini and Hochberg's step-up correction (1995): the expected share of false alarms among what is called a finding."""

from __future__ import annotations

import math
from collections.abc import Sequence


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given. NaN (a test that could not be made) stays NaN and does not count into the family."""
    tested = sorted(((p, i) for i, p in enumerate(p_values) if not math.isnan(p)), reverse=True)
    adjusted = [math.nan] * len(p_values)
    lowest = 1.0
    for passed, (p, i) in enumerate(tested):
        lowest = min(lowest, p * len(tested) / (len(tested) - passed))
        adjusted[i] = lowest
    return adjusted
