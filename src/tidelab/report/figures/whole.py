"""Where is the ceiling, in one figure: size, data, gap closed, enough data; on the page as four panels, for print in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidelab.report.figures.canvas import INK, Panel, file_name, four_axes, svg
from tidelab.report.figures.ceiling import ceiling_panels, chosen, draw_size
from tidelab.report.figures.closed import closed_panel, draw_closed
from tidelab.report.figures.learning import draw_enough, draw_learning, known, learning_panels
from tidelab.report.names import metric_note
from tidelab.report.numbers import digits
from tidelab.report.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tidelab.report.data import Study

HEIGHT = 520
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class _Found:
    """Rows of one source and metric, of each cell that answers a part of the question."""

    sizes: Rows
    fits: Rows
    points: Rows
    curves: Rows
    gaps: Rows


def whole_panels(study: Study, source: str, metrics: Sequence[str]) -> list[Panel]:
    """For each metric its parts a to d, those that there are, and where there are two and more the one figure for print."""
    told = {t.question: t.parts for t in study.answers}
    curves, gaps = told.get("learning_curves", {}), told.get("gap_closed", {})
    panels = []
    for metric in metrics:
        rows = (study.ceiling.to_dicts(), study.fits, curves.get("points", []), curves.get("curves", []), gaps.get("gap_closed", []))
        found = _Found(*(chosen(r, source, metric) for r in rows))
        parts = ceiling_panels(study.ceiling, study.fits, source, [metric]) + learning_panels(found.points, found.curves, source, metric)
        if found.gaps:
            parts.append(closed_panel(found.gaps, source, metric))
        parts.sort(key=lambda panel: panel.title)
        panels += parts
        if len(parts) > 1:
            panels.append(_whole(source, metric, parts, found))
    return panels


def _whole(source: str, metric: str, parts: Sequence[Panel], found: _Found) -> Panel:
    with four_axes(HEIGHT) as (figure, every):
        for ax, part in zip(every, parts, strict=False):
            _draw(ax, part.title[0], found)
            ax.set_title(part.title, loc="left", color=INK, fontsize=10.5, fontweight="bold")
        for ax in every[len(parts) :]:
            ax.set_axis_off()
        drawn = svg(figure)
    title, name = f"Where is the ceiling? {metric_note(metric).label}, {source} conversations", file_name("whole", source, metric)
    return Panel(name, source, title, " ".join(p.alt for p in parts), drawn, Sheet(name, title, [], []))


def _draw(ax: Axes, part: str, found: _Found) -> None:
    if part == "a":
        draw_size(ax, found.sizes, found.fits)
        ax.legend(loc="best", handlelength=1.6)
    elif part == "b":
        draw_learning(ax, found.points, found.curves, digits([p["mean"] for p in found.points]))
    elif part == "c":
        draw_closed(ax, found.gaps)
    else:
        draw_enough(ax, [c for c in found.curves if known(c["enough"])], max(p["rows"] for p in found.points))
