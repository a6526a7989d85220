"""Where does size stop a student? Mean score against parameters, zero-shot and fine-tuned, floors beside them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tidelab.analysis.result import table, to_json

if TYPE_CHECKING:
    import polars as pl

FEWEST_TO_FIT = 5


@dataclass(frozen=True)
class Point:
    """One system's mean at its size; a floor has no size (parameters 0, log10 NaN)."""

    source: str
    metric: str
    system_id: str
    kind: str  # student | floor
    student: str
    condition: str
    parameters: int
    log10_parameters: float
    nano: bool
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Fit:
    """Least-squares line of mean score over log10 parameters for one condition; a description, not a test."""

    source: str
    metric: str
    condition: str
    students: int
    fitted: bool
    slope: float  # score per tenfold parameters
    intercept: float
    reason: str


@dataclass(frozen=True)
class Ceiling:
    """Points to show and, from five students on, lines through them."""

    points: tuple[Point, ...]
    fits: tuple[Fit, ...]

    def table(self) -> pl.DataFrame:
        """One row per point."""
        return table(Point, self.points)

    def to_json(self) -> str:
        """JSON with `points` and `fits`."""
        return to_json({"points": [asdict(p) for p in self.points], "fits": [asdict(f) for f in self.fits]})


def ceiling(means: pl.DataFrame, roster: pl.DataFrame) -> Ceiling:
    """Join the means (table of analysis/means) with the students' sizes (table `students` of students/roster)."""
    sizes = {row["student"]: row for row in roster.iter_rows(named=True)}
    points = []
    for row in means.iter_rows(named=True):
        student, _, condition = row["system_id"].partition("@")
        size = sizes.get(student)
        floor = row["system_id"].startswith("floor:")
        if size is None and not floor:
            continue
        parameters = int(size["parameters"]) if size else 0
        points.append(
            Point(
                source=row["source"],
                metric=row["metric"],
                system_id=row["system_id"],
                kind="floor" if floor else "student",
                student="" if floor else student,
                condition=condition,
                parameters=parameters,
                log10_parameters=math.log10(parameters) if parameters else math.nan,
                nano=bool(size and size["nano"]),
                n=row["n"],
                mean=row["mean"],
                low=row["low"],
                high=row["high"],
            )
        )
    groups: dict[tuple[str, str, str], list[Point]] = {}
    for point in points:
        if point.kind == "student":
            groups.setdefault((point.source, point.metric, point.condition), []).append(point)
    return Ceiling(tuple(points), tuple(_fit(*key, group) for key, group in groups.items()))


def _fit(source: str, metric: str, condition: str, points: list[Point]) -> Fit:
    usable = [(p.log10_parameters, p.mean) for p in points if math.isfinite(p.log10_parameters) and math.isfinite(p.mean)]
    sizes = len({x for x, _ in usable})
    if sizes < FEWEST_TO_FIT:
        reason = f"{sizes} students of different size: shown, not fitted (a line needs {FEWEST_TO_FIT})"
        return Fit(source, metric, condition, len(usable), False, math.nan, math.nan, reason)
    import numpy as np

    slope, intercept = np.polyfit([x for x, _ in usable], [y for _, y in usable], 1)
    return Fit(source, metric, condition, len(usable), True, float(slope), float(intercept), "")
