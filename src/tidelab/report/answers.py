"""What the questions of `analysis/` found, read from their cells: sentences first, then their tables."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from tidelab.report.sheet import Cell, Sheet, number, sheet_of

MOST = 400  # rows of one table that the page shows; the cell's tables hold all
READ = 6  # sentences of one answer that stand open; the others open on request
PLACED = ("claims", "means", "gains", "ceiling", "learning_curves", "gap_closed")
"""Questions that have their own place on the page."""
VERDICTS = ("supported", "contradicted", "undecided", "not testable here")


@dataclass(frozen=True)
class Told:
    """One question's answer: what it asks, its reading in plain words, and the rows of each of its tables."""

    question: str
    asks: str
    reading: Sequence[str]
    parts: dict[str, list[dict[str, Any]]]

    @property
    def how(self) -> str:
        """How to read it; empty where nobody wrote that down."""
        return _how().get(self.question, "").strip()

    def sheets(self, only: Sequence[str] = ()) -> list[Sheet]:
        """Its tables, or only those named; none for a table without rows."""
        return [
            sheet_of(
                f"{self.question}-{name}",
                name.replace("_", " ").capitalize(),
                rows[:MOST],
                notes=[f"{len(rows) - MOST:,} more rows in the run's tables."] if len(rows) > MOST else [],
            )
            for name, rows in self.parts.items()
            if rows and (not only or name in only)
        ]


@functools.cache
def _how() -> dict[str, str]:
    import yaml

    found: dict[str, str] = yaml.safe_load(resources.files("tidelab.report").joinpath("questions.yaml").read_text("utf-8"))
    return found


def read(directory: Path) -> Told | None:
    """The answer in a cell's `result.json`; None where the cell answers no question, as the pre-registration."""
    path = directory / "result.json"
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if {"question", "asks", "reading", "parts"} <= set(found):
        parts = {name: part["rows"] for name, part in found["parts"].items()}
        return Told(found["question"], found["asks"], found["reading"], parts)
    return None


def verdicts(answers: Sequence[Told]) -> list[dict[str, Any]]:
    """The claims' verdicts, decided ones first, in the order of the claims within each kind."""
    rows = [row for told in answers if told.question == "claims" for row in told.parts.get("claims", [])]
    return sorted(rows, key=lambda row: VERDICTS.index(row["verdict"]))


def claims_sheet(answers: Sequence[Told]) -> Sheet | None:
    """Verdict, claim, figure, what decided it; None where no claim was examined."""
    rows = verdicts(answers)
    if not rows:
        return None
    cells = [
        [
            Cell(r["verdict"]),
            Cell(r["claim"], r.get("source", "")),
            Cell(r.get("asked", "")),
            number(r.get("value"), sub=_ends(r)),
            Cell(r.get("why", ""), (r.get("would_decide") and f"would be decided by {r['would_decide']}") or ""),
        ]
        for r in rows
    ]
    return Sheet("claims", "Claims and their verdicts", ["Verdict", "Claim", "Asked", "Figure", "Why"], cells, frozenset({0, 1, 2, 4}))


def _ends(row: dict[str, Any]) -> str:
    from tidelab.report.numbers import interval

    return interval(row.get("low"), row.get("high"), sign=True)
