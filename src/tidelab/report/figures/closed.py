"""Where is the ceiling, part c: the share of the gap between zero-shot and the attainable top that fine-tuning closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidelab.report.figures.canvas import INK, MUTED, TUNED, Panel, axes, file_name, short, svg
from tidelab.report.figures.learning import known
from tidelab.report.names import metric_note
from tidelab.report.numbers import share
from tidelab.report.sheet import sheet_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[dict[str, Any]]


def closed_panel(rows: Rows, source: str, metric: str) -> Panel:
    """rows: of analysis/gap_closed, one source and metric."""
    title = metric_note(metric).label
    with axes(height=64 + 30 * len(rows)) as (figure, ax):
        told = draw_closed(ax, rows)
        drawn = svg(figure)
    columns = ("student", "share", "low", "high", "gap", "gap_low", "gap_high", "n", "personas", "reason")
    name = file_name("closed", source, metric)
    data = sheet_of(name, f"{title}: share of the gap closed, {source} conversations", [{k: r[k] for k in columns} for r in rows])
    alt = f"Share of the gap to the attainable top that fine-tuning closed, {title}: {'; '.join(told)}."
    return Panel(name, source, f"c. Gap closed, {title}", alt, drawn, data)


def draw_closed(ax: Axes, rows: Rows) -> list[str]:
    """One line a student with its interval; where the gap is none, that is written; says what is drawn."""
    told = []
    for place in (0, 1):
        ax.axvline(place, color=MUTED, linewidth=1.2)
    for y, row in enumerate(reversed(rows)):
        if not known(row["share"]):
            ax.annotate("undefined", (0, y), xytext=(6, 0), textcoords="offset points", va="center", color=MUTED)
            told.append(f"{row['student']} undefined, {row['reason']}")
            continue
        ax.plot([row["low"], row["high"]], [y, y], color=TUNED, linewidth=2.2, solid_capstyle="butt")
        ax.plot([row["share"]], [y], "o", color=TUNED, markersize=6)
        ax.annotate(share(row["share"]), (row["share"], y), xytext=(0, 7), textcoords="offset points", ha="center", color=INK)
        told.append(f"{row['student']} {share(row['share'])} ({share(row['low'])} to {share(row['high'])})")
    ax.set_yticks(range(len(rows)), [short(r["student"]) for r in reversed(rows)])
    ax.set_ylim(-0.5, len(rows) - 0.2)
    ax.margins(x=0.1)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(lambda value, _: share(value))
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel("of the way from zero-shot to the attainable top")
    return told
