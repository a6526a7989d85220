"""Gain plot: fine-tuned minus zero-shot for each student, with its interval, one panel per source and metric."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tidelab.report.figures.canvas import INK, MUTED, TUNED, Panel, axes, file_name, short, svg
from tidelab.report.names import metric_note
from tidelab.report.numbers import digits, interval, score
from tidelab.report.sheet import sheet_of

if TYPE_CHECKING:
    import polars as pl


def gain_panels(gains: pl.DataFrame, source: str, metrics: list[str]) -> list[Panel]:
    """Panels of one source, for the metrics of which there are gains."""
    rows = gains.to_dicts()
    chosen = {m: [r for r in rows if r["source"] == source and r["metric"] == m] for m in metrics}
    return [_panel(source, metric, found) for metric, found in chosen.items() if found]


def _panel(source: str, metric: str, rows: list[dict[str, Any]]) -> Panel:
    title = metric_note(metric).label
    decimals = digits([r["difference"] for r in rows])
    with axes(height=64 + 30 * len(rows)) as (figure, ax):
        ax.axvline(0, color=MUTED, linewidth=1.2)
        for y, row in enumerate(reversed(rows)):
            if not math.isfinite(row["difference"]):
                ax.annotate("no pair scored", (0, y), xytext=(6, 0), textcoords="offset points", va="center", color=MUTED)
                continue
            if math.isfinite(row["low"]):
                ax.plot([row["low"], row["high"]], [y, y], color=TUNED, linewidth=2.2, solid_capstyle="butt")
            ax.plot([row["difference"]], [y], "o", color=TUNED, markersize=6)
            text = score(row["difference"], digits=decimals, sign=True)
            ax.annotate(text, (row["difference"], y), xytext=(0, 7), textcoords="offset points", ha="center", color=INK)
        ax.set_yticks(range(len(rows)), [short(r["student"]) for r in reversed(rows)])
        ax.set_ylim(-0.5, len(rows) - 0.2)
        ax.margins(x=0.14)
        ax.grid(axis="y", visible=False)
        ax.locator_params(axis="x", nbins=5)
        ax.set_xlabel("fine-tuned minus zero-shot")
        drawn = svg(figure)
    told = [f"{r['student']} {_told(r, decimals)}" for r in rows]
    columns = ("student", "zero_shot", "fine_tuned", "difference", "low", "high", "p", "p_holm", "n", "personas")
    data = sheet_of(
        file_name("gain", source, metric), f"{title}: gains on {source} conversations", [{k: r[k] for k in columns} for r in rows]
    )
    return Panel(data.name, source, title, f"{title}, fine-tuned minus zero-shot: {'; '.join(told)}.", drawn, data)


def _told(row: dict[str, Any], decimals: int) -> str:
    if not math.isfinite(row["difference"]):
        return "no pair scored"
    ends = interval(row["low"], row["high"], digits=decimals, sign=True)
    return score(row["difference"], digits=decimals, sign=True) + (f" ({ends})" if ends else " (no interval)")
