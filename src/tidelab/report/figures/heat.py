"""Heat map of gains by scenario: one row a theme, emotion or risk, one column a student; partially pooled gains with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidelab.report.figures.canvas import INK, MUTED, TUNED, ZERO, Panel, axes, file_name, svg
from tidelab.report.names import metric_note
from tidelab.report.numbers import digits, interval, score
from tidelab.report.sheet import sheet_of

if TYPE_CHECKING:
    from tidelab.report.answers import Told

DIMENSIONS = ("theme", "emotion", "risk")
DEEPEST = 0.5
"""Opacity of the largest gain: text above it stays legible in light and dark."""
WITH_INTERVALS = 3
"""Students beside whose gains there is room for intervals."""


def heat_panels(answers: Sequence[Told], source: str, metric: str) -> list[Panel]:
    """A panel for each dimension of the scenarios that has gains at two levels or more."""
    levels = [row for told in answers if told.question == "by_scenario" for row in told.parts.get("levels", [])]
    here = [r for r in levels if (r["source"], r["metric"]) == (source, metric) and r["pooled"] is not None]
    panels = []
    for dimension in DIMENSIONS:
        rows = [r for r in here if r["dimension"] == dimension]
        if len({r["level"] for r in rows}) > 1:
            panels.append(_panel(source, metric, dimension, rows))
    return panels


def _panel(source: str, metric: str, dimension: str, rows: list[dict[str, Any]]) -> Panel:
    title = f"{metric_note(metric).label} by {dimension}"
    levels, students = list(dict.fromkeys(r["level"] for r in rows)), list(dict.fromkeys(r["student"] for r in rows))
    decimals, largest = digits([r["pooled"] for r in rows]), max(abs(r["pooled"]) for r in rows) or 1.0
    intervals = len(students) <= WITH_INTERVALS
    with axes(height=60 + (34 if intervals else 22) * len(levels)) as (figure, ax):
        for r in rows:
            x, y = students.index(r["student"]), levels.index(r["level"])
            colour, depth = TUNED if r["pooled"] > 0 else ZERO, DEEPEST * abs(r["pooled"]) / largest
            left, right, top, bottom = x - 0.48, x + 0.48, y - 0.47, y + 0.47
            ax.fill([left, right, right, left], [top, top, bottom, bottom], color=colour, alpha=depth, linewidth=0)
            text = score(r["pooled"], digits=decimals if len(students) < 6 else min(decimals, 2), sign=True)
            ends = interval(r["low"], r["high"], digits=min(decimals, 2), sign=True)
            ax.annotate(text, (x, y - 0.18 * bool(intervals and ends)), ha="center", va="center", color=INK)
            if intervals and ends:
                ax.annotate(ends, (x, y + 0.24), ha="center", va="center", color=INK, fontsize=9.5)
        ax.set_xticks(range(len(students)), students, rotation=0 if len(students) <= 4 else 60, color=MUTED)
        ax.set_yticks(range(len(levels)), levels)
        ax.set_xlim(-0.5, len(students) - 0.5)
        ax.set_ylim(len(levels) - 0.5, -0.5)
        ax.xaxis.tick_top()
        ax.grid(visible=False)
        for spine in ax.spines.values():
            spine.set_visible(False)
        drawn = svg(figure)
    told = []
    for what, r in (("largest", max(rows, key=lambda r: r["pooled"])), ("smallest", min(rows, key=lambda r: r["pooled"]))):
        told.append(f"{what} {score(r['pooled'], digits=decimals, sign=True)}, {r['student']}, {r['level']}")
    name = file_name("by_scenario", source, metric, dimension)
    columns = ("level", "student", "n", "personas", "raw", "pooled", "low", "high", "reason")
    data = sheet_of(name, f"{title}: gains on {source} conversations", [{k: r[k] for k in columns} for r in rows])
    return Panel(name, source, title, f"Gains, {title}, partially pooled: {'; '.join(told)}.", drawn, data)
