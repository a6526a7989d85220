"""Ages as the bands that the study asks for."""

from __future__ import annotations

BANDS = (18, 25, 35, 45, 55, 65, 75)


def band(years: str) -> str:
    """`41` -> `35-44`; empty for what is no age of an adult."""
    text = years.strip()
    if not text.isdecimal() or not BANDS[0] <= int(text) <= 120:
        return ""
    low = max(b for b in BANDS if b <= int(text))
    return "75+" if low == BANDS[-1] else f"{low}-{BANDS[BANDS.index(low) + 1] - 1}"
