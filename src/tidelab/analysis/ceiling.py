"""Where does size stop a student? Mean score against parameters, zero-shot and fine-tuned, floors beside them; gain against parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidelab.analysis.result import Answer, Result, table
from tidelab.analysis.words import ends, signed

if TYPE_CHECKING:
    import polars as pl

ASKS = "Where does size stop a student?"
TOP = "teacher@resample"
FEWEST_TO_FIT = 5


@dataclass(frozen=True)
class Point:
    """One system's mean at its size; a floor and the attainable top have none (parameters 0, log10 NaN)."""

    source: str
    metric: str
    system_id: str
    kind: str  # student | floor | top
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

    def answer(self) -> Answer:
        """Points and lines, with a sentence for each source and metric."""
        parts: dict[str, Result] = {  # type: ignore[type-arg]
            "points": Result(Point, self.points, {}),
            "fits": Result(Fit, self.fits, {}),
            "gain_fits": Result(Fit, self.gain_fits, {}),
        }
        lines: dict[tuple[str, str], list[Fit]] = {}
        for fit in (*self.fits, *self.gain_fits):
            lines.setdefault((fit.source, fit.metric), []).append(fit)
        return Answer("ceiling", ASKS, parts, tuple(_say(source, metric, fits) for (source, metric), fits in lines.items()))


def ceiling(means: pl.DataFrame, roster: pl.DataFrame) -> Ceiling:
    """Join the means (table of analysis/means) with the students' sizes (table `students` of students/roster)."""
    sizes = {row["student"]: row for row in roster.iter_rows(named=True)}
    points = []
    for row in means.iter_rows(named=True):
        student, _, condition = row["system_id"].partition("@")
        size = sizes.get(student)
        top, floor = row["system_id"] == TOP, row["system_id"].startswith("floor:")
        if size is None and not floor and not top:
            continue
        parameters = int(size["parameters"]) if size else 0
        points.append(
            Point(
                source=row["source"],
                metric=row["metric"],
                system_id=row["system_id"],
                kind="floor" if floor else "top" if top else "student",
                student=student if size else "",
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


def _say(source: str, metric: str, fits: Sequence[Fit]) -> str:
    told = []
    for fit in fits:
        if fit.fitted:
            name = "the gain of fine-tuning" if fit.condition == "gain" else f"the {fit.condition} score"
            clear = "" if fit.slope_low > 0 or fit.slope_high < 0 else ", so that no trend with size is shown"
            told.append(
                f"{name} changes by {signed(fit.slope)} for ten times the parameters ({ends(fit.slope_low, fit.slope_high)}){clear}"
            )
    return f"{metric} ({source}): {'; '.join(told) or fits[0].reason}."
