"""Numbers in the sentences of a reading."""

from __future__ import annotations

import math


def signed(value: float) -> str:
    """`+0.207`, `-0.010`, `+12.3`."""
    return f"{value:+.3f}" if abs(value) < 10 else f"{value:+,.1f}"


def plain(value: float) -> str:
    """`0.207`, `61.3`."""
    return signed(value).removeprefix("+")


def ends(low: float, high: float) -> str:
    """`+0.175 to +0.237`; `no interval` where there is none."""
    if math.isnan(low) or math.isnan(high):
        return "no interval"
    return f"{signed(low)} to {signed(high)}"


def p_words(p: float) -> str:
    """`p = .012`, `p < .001`, or `no p`."""
    if math.isnan(p):
        return "no p"
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)
