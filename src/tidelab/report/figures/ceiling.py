"""Ceiling plot: mean score against parameters (log axis), zero-shot and fine-tuned as lines, floors as level lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tidelab.report.figures.canvas import FLOOR, MUTED, TUNED, ZERO, Panel, axes, file_name, svg
from tidelab.report.names import label, metric_note
from tidelab.report.numbers import digits, score, size
from tidelab.report.sheet import sheet_of

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

_DASHES = [(0, (1, 1.5)), (0, (4, 2)), (0, (6, 2, 1, 2))]
_CONDITIONS = {"fine-tuned": (TUNED, "o"), "zero-shot": (ZERO, "s")}


def ceiling_panels(points: pl.DataFrame, source: str, metrics: list[str]) -> list[Panel]:
    """Panels of one source, for the metrics that some student has a mean of."""
    rows = [r for r in points.to_dicts() if r["source"] == source and math.isfinite(r["mean"])]
    chosen = {m: [r for r in rows if r["metric"] == m] for m in metrics}
    return [_panel(source, metric, found) for metric, found in chosen.items() if any(r["kind"] == "student" for r in found)]


def _panel(source: str, metric: str, rows: list[dict[str, Any]]) -> Panel:
    title = metric_note(metric).label
    decimals = digits([r["mean"] for r in rows])
    floors = [r for r in rows if r["kind"] == "floor"]
    students = [r for r in rows if r["kind"] == "student"]
    told = []
    with axes(height=250) as (figure, ax):
        for condition, (colour, marker) in _CONDITIONS.items():
            line = sorted((r for r in students if r["condition"] == condition), key=lambda r: (r["parameters"], r["student"]))
            if not line:
                continue
            x, y = [r["parameters"] for r in line], [r["mean"] for r in line]
            spans = [r for r in line if math.isfinite(r["low"])]
            ax.vlines([r["parameters"] for r in spans], [r["low"] for r in spans], [r["high"] for r in spans], color=colour, linewidth=1.6)
            ax.plot(x, y, marker=marker, color=colour, markersize=6, label=condition)
            told.append(f"{condition} " + ", ".join(f"{score(r['mean'], digits=decimals)} at {size(r['parameters'])}" for r in line))
        ax.set_xscale("log")
        sizes = sorted({r["parameters"] for r in students})
        ax.set_xticks(sizes, [size(s) for s in sizes], minor=False)
        ax.set_xticks([], minor=True)
        ax.set_xlim(sizes[0] / 1.6, sizes[-1] * 1.6)
        ax.grid(axis="x", visible=False)
        ax.locator_params(axis="y", nbins=5)
        ax.set_xlabel("parameters")
        for row, dashes in zip(floors, _DASHES, strict=False):
            ax.axhline(row["mean"], color=FLOOR, linewidth=1.3, linestyle=dashes, zorder=1)
        ax.margins(y=0.12)
        _name_floors(ax, floors)
        figure.legend(loc="outside upper left", ncols=2, handlelength=1.6, borderaxespad=0.2)
        drawn = svg(figure)
    told += [f"floor {label(r['system_id'])[0]} {score(r['mean'], digits=decimals)}" for r in floors]
    columns = ("system_id", "parameters", "mean", "low", "high", "n")
    data = sheet_of(
        file_name("ceiling", source, metric), f"{title} against size, {source} conversations", [{k: r[k] for k in columns} for r in rows]
    )
    return Panel(data.name, source, title, f"{title} against parameters: {'; '.join(told)}.", drawn, data)


def _name_floors(ax: Axes, floors: list[dict[str, Any]]) -> None:
    """Writes the floors' names at the right edge, moved apart where lines run close together."""
    low, high = ax.get_ylim()
    step, last = (high - low) * 0.085, -math.inf
    for row in sorted(floors, key=lambda r: r["mean"]):
        last = max(row["mean"], last + step)
        ax.annotate(
            label(row["system_id"])[0],
            (1, row["mean"]),
            xytext=(1.015, last),
            xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"),
            va="center",
            color=MUTED,
            annotation_clip=False,
        )
