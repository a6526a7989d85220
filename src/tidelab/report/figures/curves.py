"""Learning curves: loss while a student is fine-tuned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidelab.report.figures.canvas import TUNED, ZERO, Panel, axes, file_name, svg
from tidelab.report.numbers import score
from tidelab.report.sheet import sheet_of

if TYPE_CHECKING:
    import polars as pl


def curve_panels(curves: dict[str, pl.DataFrame]) -> list[Panel]:
    """One panel for each student with at least two points. Tables: epoch, train_loss, eval_loss (nats per token, null where not taken)."""
    return [_panel(student, curve) for student, curve in curves.items() if len(_points(curve, "train_loss")) >= 2]


def _points(curve: pl.DataFrame, column: str) -> list[tuple[float, float]]:
    import polars as pl

    return curve.select("epoch", pl.col(column).fill_nan(None)).drop_nulls().sort("epoch").rows()


def _panel(student: str, curve: pl.DataFrame) -> Panel:
    from matplotlib.ticker import MaxNLocator

    told = []
    with axes(height=200) as (figure, ax):
        for column, name, colour, marker in (("train_loss", "training", TUNED, ""), ("eval_loss", "validation", ZERO, "s")):
            points = _points(curve, column)
            if points:
                ax.plot(*zip(*points, strict=True), color=colour, marker=marker, markersize=5, label=name)
                told.append(f"{name} loss {score(points[0][1], digits=2)} at first, {score(points[-1][1], digits=2)} at last")
        ax.set_xlabel("passes over the training conversations")
        ax.set_ylabel("loss, nats per token")
        ax.set_ylim(bottom=0)
        ax.locator_params(axis="y", nbins=5)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        figure.legend(loc="outside upper left", ncols=2, handlelength=1.6, borderaxespad=0.2)
        drawn = svg(figure)
    rows = curve.select("epoch", "train_loss", "eval_loss").sort("epoch").to_dicts()
    data = sheet_of(file_name("curve", student), f"Loss of {student}, nats per token", rows)
    return Panel(data.name, "", student, f"Fine-tuning of {student}: {'; '.join(told)}.", drawn, data)
