"""One factor's ratings as the arrays that models take: values, systems, people, items, and the intercepts that can be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.bootstrap import Floats
from tidelab.mixed.crossed import Codes

if TYPE_CHECKING:
    import polars as pl

MOST_PAIRS = 1_500  # levels beside the largest factor up to which pair intercepts are fitted in reasonable time


@dataclass(frozen=True)
class Coded:
    """Rows of one factor."""

    y: Floats
    systems: tuple[str, ...]
    system: Codes
    participant: Codes
    item: Codes
    people: int
    items: int

    @property
    def dummies(self) -> Floats:
        """[rows, systems - 1]: indicators of every system but the first."""
        return np.stack([(self.system == k).astype(np.float64) for k in range(1, len(self.systems))], axis=1)

    def contrast(self, first: int, second: int | None = None) -> Floats:
        """Coefficients of `dummies` that give one system minus another (minus the first system where none is named)."""
        row = np.zeros(len(self.systems) - 1)
        for system, sign in ((first, 1.0), (second or 0, -1.0)):
            if system:
                row[system - 1] += sign
        return row

    def by_participant(self) -> Floats:
        """[people, systems]: each participant's mean of each system, NaN where it was not rated."""
        size = self.people * len(self.systems)
        at = self.participant * len(self.systems) + self.system
        counts = np.bincount(at, minlength=size)
        means = np.bincount(at, self.y, size) / np.where(counts, counts, np.nan)
        return np.asarray(means.reshape(self.people, len(self.systems)))

    def by_task(self) -> tuple[Floats, Codes]:
        """[tasks, systems] of mean ratings and each task's participant; a task is one participant with one item."""
        task, codes = np.unique(self.participant * self.items + self.item, return_inverse=True)
        size, at = len(task) * len(self.systems), codes * len(self.systems) + self.system
        counts = np.bincount(at, minlength=size)
        means = np.bincount(at, self.y, size) / np.where(counts, counts, np.nan)
        return np.asarray(means.reshape(len(task), len(self.systems))), task // self.items

    def intercepts(self, *, pairs: bool = True) -> tuple[dict[str, Codes], tuple[str, ...]]:
        """Random intercepts that the rows can tell apart, and notes on what was left out.

        Participant and item always. A participant's own liking of a system, and a reply's own quality, where they are rated more than
        once: leaving them out would take repeated ratings of one pair for independent evidence about the system.
        """
        found, notes = {"participant": self.participant, "item": self.item}, []
        if not pairs:
            return found, ()
        for name, one, other in (
            ("participant:system", self.participant, self.system),
            ("item:system", self.item, self.system),
        ):
            size = len(self.systems)
            codes = np.unique(one * size + other, return_inverse=True)[1]
            levels = int(codes.max()) + 1
            if levels > 0.8 * len(self.y) or levels < 2 or size < 2:
                continue
            sizes = sorted([*(int(c.max()) + 1 for c in found.values()), levels])
            if sum(sizes[:-1]) > MOST_PAIRS:
                notes.append(f"intercepts of {name} ({levels:,} levels) are left out: together they are too many to fit in reasonable time")
                continue
            found[name] = codes
        return found, tuple(notes)


def coded(ratings: pl.DataFrame) -> Coded:
    """ratings: rows of one factor with numbers in `value`; systems in order of their names."""
    systems, system = np.unique(ratings["system_id"].to_numpy().astype(str), return_inverse=True)
    people, participant = np.unique(ratings["participant_id"].to_numpy().astype(str), return_inverse=True)
    items, item = np.unique(ratings["conversation_id"].to_numpy().astype(str), return_inverse=True)
    y = ratings["value"].to_numpy().astype(np.float64)
    return Coded(y, tuple(str(s) for s in systems), system, participant, item, len(people), len(items))
