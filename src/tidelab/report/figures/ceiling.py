"""Where is the ceiling, part a: mean score against parameters, zero-shot and fine-tuned, with floors and attainable top as level lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidelab.report.figures.canvas import FLOOR, INK, TUNED, ZERO, Panel, axes, file_name, name_at_right, svg
from tidelab.report.names import label, metric_note
from tidelab.report.numbers import digits, score, size
from tidelab.report.sheet import sheet_of

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

_DASHES = [(0, (1, 1.5)), (0, (4, 2)), (0, (6, 2, 1, 2))]
_CONDITIONS = {"fine-tuned": (TUNED, "o"), "zero-shot": (ZERO, "s")}
Rows = Sequence[dict[str, Any]]


def ceiling_panels(points: pl.DataFrame, fits: Rows, source: str, metrics: Sequence[str]) -> list[Panel]:
    """Panels of one source, for the metrics that some student has a mean of. Tables: `points` and `fits` of analysis/ceiling."""
    made = {m: (chosen(points.to_dicts(), source, m), chosen(fits, source, m)) for m in metrics}
    return [_panel(source, m, *of) for m, of in made.items() if any(r["kind"] == "student" for r in of[0])]


def chosen(rows: Rows, source: str, metric: str) -> list[dict[str, Any]]:
    """Rows of one source and metric, those without a mean left out."""
    return [r for r in rows if (r["source"], r["metric"]) == (source, metric) and math.isfinite(r.get("mean", 0.0))]


def _panel(source: str, metric: str, rows: Rows, fits: Rows) -> Panel:
    title = metric_note(metric).label
    with axes(height=250) as (figure, ax):
        told = draw_size(ax, rows, fits)
        figure.legend(loc="outside upper left", ncols=2, handlelength=1.6, borderaxespad=0.2)
        drawn = svg(figure)
    columns = ("system_id", "parameters", "mean", "low", "high", "n")
    data = sheet_of(
        file_name("ceiling", source, metric), f"{title} against size, {source} conversations", [{k: r[k] for k in columns} for r in rows]
    )
    return Panel(data.name, source, f"a. {title} and size", f"{title} against parameters: {'; '.join(told)}.", drawn, data)


def draw_size(ax: Axes, rows: Rows, fits: Rows) -> list[str]:
    """Draws one metric's means, with a line through each condition where five students and more allow one; says what is drawn."""
    decimals = digits([r["mean"] for r in rows])
    students = [r for r in rows if r["kind"] == "student"]
    levels = [r for r in rows if r["kind"] != "student"]
    lines = {f["condition"]: f for f in fits if f["fitted"]}
    sizes = sorted({r["parameters"] for r in students})
    told = []
    for condition, (colour, marker) in _CONDITIONS.items():
        line = sorted((r for r in students if r["condition"] == condition), key=lambda r: (r["parameters"], r["student"]))
        if not line:
            continue
        fit, spans = lines.get(condition), [r for r in line if math.isfinite(r["low"])]
        x, y = [r["parameters"] for r in line], [r["mean"] for r in line]
        ax.vlines([r["parameters"] for r in spans], [r["low"] for r in spans], [r["high"] for r in spans], color=colour, linewidth=1.6)
        ax.plot(x, y, marker, linestyle="none" if fit else "solid", color=colour, markersize=6, label=condition)
        told.append(f"{condition} " + ", ".join(f"{score(r['mean'], digits=decimals)} at {size(r['parameters'])}" for r in line))
        if fit:
            ends = [sizes[0], sizes[-1]]
            ax.plot(ends, [fit["intercept"] + fit["slope"] * math.log10(s) for s in ends], color=colour, linewidth=1.2, alpha=0.6)
            told[-1] += f" (fitted line: {score(fit['slope'], digits=3, sign=True)} for tenfold parameters)"
    ax.set_xscale("log")
    ax.set_xticks(sizes, [size(s) for s in sizes], minor=False)
    ax.set_xticks([], minor=True)
    ax.set_xlim(sizes[0] / 1.6, sizes[-1] * 1.6)
    ax.grid(axis="x", visible=False)
    ax.locator_params(axis="y", nbins=5)
    ax.set_xlabel("parameters")
    floors = [r for r in levels if r["kind"] == "floor"]
    for row, dashes in zip(floors, _DASHES, strict=False):
        ax.axhline(row["mean"], color=FLOOR, linewidth=1.3, linestyle=dashes, zorder=1)
    for row in levels:
        if row["kind"] == "top":
            ax.axhline(row["mean"], color=INK, linewidth=1.3, zorder=1)
    ax.margins(y=0.12)
    name_at_right(ax, [(r["mean"], "top" if r["kind"] == "top" else label(r["system_id"])[0]) for r in levels])
    return told + [f"{_level(r)} {score(r['mean'], digits=decimals)}" for r in levels]


def _level(row: dict[str, Any]) -> str:
    return f"attainable top ({row['system_id']})" if row["kind"] == "top" else f"floor {label(row['system_id'])[0]}"
