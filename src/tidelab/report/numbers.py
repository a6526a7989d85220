"""Numbers as people read them: as many digits as carry something, and never `nan`."""

from __future__ import annotations

import math
from collections.abc import Sequence

MISSING = "–"
MINUS = "\N{MINUS SIGN}"


def score(value: float | None, *, digits: int = 3, sign: bool = False) -> str:
    """A metric's value; a real minus sign, and a plus where `sign` is asked for."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.{digits}f}"
    zero = not any(c in "123456789" for c in text)
    return text if zero else (MINUS if value < 0 else "+" if sign else "") + text


def digits(values: Sequence[float | None]) -> int:
    """Decimals for a column: 3 for scores near 1, 1 for lengths."""
    largest = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0.0)
    return 3 if largest < 10 else 1


def interval(low: float | None, high: float | None, *, digits: int = 3, sign: bool = False) -> str:
    """`0.398–0.426`, `−0.010 to +0.020` where there are signs; empty where there is none."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    between = " to " if sign or low < 0 else "–"
    return f"{score(low, digits=digits, sign=sign)}{between}{score(high, digits=digits, sign=sign)}"


def p_value(p: float | None) -> str:
    """`< .001`, `.032`, `1`: three decimals without the leading zero."""
    if p is None or not math.isfinite(p):
        return MISSING
    if p < 0.001:
        return "< .001"
    text = f"{p:.3f}"
    return "1" if text == "1.000" else text.removeprefix("0")


def share(part: float | None) -> str:
    """0..1 as a percentage; `99.9%` and `0.1%` rather than a rounded all or nothing."""
    if part is None or not math.isfinite(part):
        return MISSING
    if 0 < part < 0.005 or 0.995 < part < 1:
        return f"{min(max(100 * part, 0.1), 99.9):.1f}%"
    return f"{100 * part:.0f}%"


def count(number: int) -> str:
    """12,345"""
    return f"{number:,}"


def many(number: int, thing: str, things: str = "") -> str:
    """`1 persona`, `40 personas`."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def size(parameters: int | None) -> str:
    """`330 k`, `2.9 M`, `1.5 B` parameters."""
    if not parameters:
        return MISSING
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if parameters >= unit:
            return f"{parameters / unit:.3g} {name}"
    return str(parameters)


def seconds(value: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left} min" if hours else f"{minutes} min {rest} s"
