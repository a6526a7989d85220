"""Sign-flip permutation test: is the mean of the personas' differences zero?

Under the hypothesis that a persona's difference is as likely positive as negative, each sign may be flipped. Up to 14 personas every
pattern is tried; beyond, patterns are drawn and p = (b + 1) / (m + 1), which is never 0 (Phipson & Smyth 2010).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from tidelab.analysis.bootstrap import Floats, generator

EXACT_UP_TO = 14
BLOCK = 6_000_000  # signs held at once, about 50 MB


@dataclass(frozen=True)
class SignFlip:
    """Two-sided p, how it was had (`exact`, `10,000 flips`), and why not where p is NaN."""

    p: float
    method: str = ""
    reason: str = ""


def sign_flip(differences: Floats, *, flips: int, seed: str) -> SignFlip:
    """Test `differences` [personas] against zero, two-sided, on the size of their mean."""
    size = len(differences)
    if size < 2:
        return SignFlip(math.nan, reason="fewer than 2 personas: nothing to test over")
    # A pattern that ties with the data counts; the tolerance keeps rounding from losing ties.
    observed = abs(float(differences.sum())) - 1e-12 * float(np.abs(differences).sum())
    if size <= EXACT_UP_TO:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=size)))
        return SignFlip(float((np.abs(signs @ differences) >= observed).mean()), "exact")
    draw, as_far, block = generator(seed), 0, max(1, BLOCK // size)
    for start in range(0, flips, block):
        signs = draw.integers(0, 2, size=(min(block, flips - start), size)) * 2.0 - 1.0
        as_far += int((np.abs(signs @ differences) >= observed).sum())
    return SignFlip((as_far + 1) / (flips + 1), f"{flips:,} flips")
