"""Sheet: one table as text with sort keys, from which the page, Markdown and LaTeX are written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidelab.report.numbers import MISSING, score


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, what stands small under it, and by which number it sorts (None: by its text)."""

    text: str
    sub: str = ""
    key: float | None = None
    marks: tuple[str, ...] = ()

    @property
    def plain(self) -> str:
        """The cell in one line."""
        marks = "".join(f" [{m}]" for m in self.marks)
        return f"{self.text}{marks}" + (f" ({self.sub})" if self.sub else "")


@dataclass(frozen=True)
class Sheet:
    """name: of a file or label; title: says what the table shows; words: columns that hold words and stand left."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: frozenset[int] = frozenset({0})
    notes: Sequence[str] = field(default=())


def number(value: float | None, *, digits: int = 3, sign: bool = False, sub: str = "") -> Cell:
    """A number that sorts by its whole value; missing ones sort last."""
    finite = value is not None and math.isfinite(value)
    return Cell(score(value, digits=digits, sign=sign), sub, value if finite else None)


def sheet_of(name: str, title: str, rows: Iterable[Mapping[str, Any]], *, notes: Sequence[str] = ()) -> Sheet:
    """Any rows of one shape: columns named after their keys, numbers with fewer decimals the larger they are; empty columns left out."""
    rows = list(rows)
    keys = [k for k in (rows[0] if rows else {}) if any(r.get(k) not in (None, "") for r in rows)]
    words = frozenset(i for i, k in enumerate(keys) if any(isinstance(r.get(k), str) for r in rows)) | {0}
    cells = [[_cell(r.get(k)) for k in keys] for r in rows]
    return Sheet(name, title, [_heading(k) for k in keys], cells, words, notes)


def _cell(value: Any) -> Cell:
    if value is None or value == "":
        return Cell(MISSING)
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, int):
        return Cell(f"{value:,}".replace("-", "\N{MINUS SIGN}"), key=float(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            return Cell(MISSING)
        small = 0 < abs(value) < 0.001
        text = f"{value:.1e}" if small else f"{value:,.{max(0, 3 - max(0, math.floor(math.log10(abs(value)) + 1e-12)))}f}" if value else "0"
        return Cell(text.replace("-", "\N{MINUS SIGN}"), key=value)
    return Cell(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _heading(key: str) -> str:
    text = re.sub(r"_+", " ", key).strip()
    return text if text.startswith("p ") or text == "p" or len(text) == 1 else text[0].upper() + text[1:]
