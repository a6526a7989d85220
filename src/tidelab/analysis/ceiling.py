"""Where does size stop a student? Mean score against parameters, zero-shot and fine-tuned, floors beside them; gain against parameters."""

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
    """Least-squares line over log10 parameters of the mean scores of one condition, or of gains. Unit: the student."""

    source: str
    metric: str
    condition: str  # `gain`: fine-tuned minus zero-shot
    students: int
    fitted: bool
    slope: float  # score per tenfold parameters
    intercept: float
    reason: str
    slope_low: float = math.nan  # 95%, t
    slope_high: float = math.nan


@dataclass(frozen=True)
class Ceiling:
    """Points to show and, from five students on, lines through them."""

    points: tuple[Point, ...]
    fits: tuple[Fit, ...]
    gain_fits: tuple[Fit, ...] = ()  # does the gain grow with size?

    def table(self) -> pl.DataFrame:
        """One row per point."""
        return table(Point, self.points)

    def to_json(self) -> str:
        """JSON with `points`, `fits` and `gain_fits`."""
        return to_json({name: [asdict(row) for row in getattr(self, name)] for name in ("points", "fits", "gain_fits")})


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
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    scores: dict[tuple[str, str, str], dict[str, Point]] = {}
    for point in points:
        if point.kind == "student":
            groups.setdefault((point.source, point.metric, point.condition), []).append((point.log10_parameters, point.mean))
            scores.setdefault((point.source, point.metric, point.student), {})[point.condition] = point
    gains: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for (source, metric, _), of in scores.items():
        if {"zero-shot", "fine-tuned"} <= set(of):
            gain = (of["fine-tuned"].log10_parameters, of["fine-tuned"].mean - of["zero-shot"].mean)
            gains.setdefault((source, metric, "gain"), []).append(gain)
    return Ceiling(tuple(points), *(tuple(_fit(*key, group) for key, group in kind.items()) for kind in (groups, gains)))


def _fit(source: str, metric: str, condition: str, points: list[tuple[float, float]]) -> Fit:
    usable = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    sizes = len({x for x, _ in usable})
    if sizes < FEWEST_TO_FIT:
        reason = f"{sizes} students of different size: shown, not fitted (a line needs {FEWEST_TO_FIT})"
        return Fit(source, metric, condition, len(usable), False, math.nan, math.nan, reason)
    from scipy.stats import linregress, t

    found = linregress([x for x, _ in usable], [y for _, y in usable])
    half = float(t.ppf(0.975, len(usable) - 2)) * float(found.stderr)
    slope = float(found.slope)
    return Fit(source, metric, condition, len(usable), True, slope, float(found.intercept), "", slope - half, slope + half)
