"""Two one-sided tests: is a difference small enough not to matter? (Schuirmann 1987)

With margin m: equivalence is shown where the difference is tested to be above -m and below m, each one-sided at level a: the interval of
confidence 1 - 2a lies within the margin. Non-inferiority is the lower test alone. A p above .05 in a test of difference shows neither.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Verdict = str  # equivalent | non-inferior | inferior | undecided


@dataclass(frozen=True)
class Tost:
    """p-values of both one-sided tests, the interval of confidence 1 - 2a, and what follows."""

    p_lower: float  # of `difference > -margin`: non-inferiority
    p_upper: float  # of `difference < margin`
    p: float  # the larger: equivalence
    low: float
    high: float
    verdict: Verdict


def tost(difference: float, se: float, df: float, margin: float, level: float = 0.05) -> Tost:
    """difference of a system from its reference with standard error and degrees of freedom (inf: normal); margin > 0, same unit."""
    from scipy.stats import norm, t

    if not (margin > 0 and math.isfinite(difference) and se >= 0):
        return Tost(math.nan, math.nan, math.nan, math.nan, math.nan, "undecided")
    of = norm if math.isinf(df) else t(df)
    if se == 0:  # every unit differs by the same: nothing is left to chance
        lower, upper, half = float(difference <= -margin), float(difference >= margin), 0.0
    else:
        lower, upper = float(of.sf((difference + margin) / se)), float(of.cdf((difference - margin) / se))
        half = float(of.ppf(1 - level)) * se
    low, high = difference - half, difference + half
    if max(lower, upper) < level:
        verdict = "equivalent"
    elif lower < level:
        verdict = "non-inferior"
    else:
        verdict = "inferior" if high < -margin else "undecided"
    return Tost(lower, upper, max(lower, upper), low, high, verdict)
