"""Where is the ceiling, parts b and d: scores against the data taught on with fitted curves; the size past which more gain too little."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tidelab.report.figures.canvas import INK, MUTED, PAPER, TUNED, Panel, axes, file_name, name_at_right, short, svg
from tidelab.report.names import metric_note
from tidelab.report.numbers import count, digits, interval, score
from tidelab.report.sheet import sheet_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
FARTHEST = 64
"""Times the most data taught on: what lies beyond is drawn at the edge."""
Rows = Sequence[dict[str, Any]]


def learning_panels(points: Rows, curves: Rows, source: str, metric: str) -> list[Panel]:
    """Part b where students were taught on at least two sizes of data, part d where a curve could be fitted."""
    title, decimals = metric_note(metric).label, digits([p["mean"] for p in points])
    panels = []
    if len({p["rows"] for p in points}) > 1:
        with axes(height=250) as (figure, ax):
            told = draw_learning(ax, points, curves, decimals)
            drawn = svg(figure)
        data = sheet_of(file_name("learn", source, metric), f"{title} and data taught on, {source} conversations", _rows(points))
        alt = f"{title} against conversations taught on: {'; '.join(told)}."
        panels.append(Panel(data.name, source, f"b. {title} and data", alt, drawn, data))
    fitted = [c for c in curves if known(c["enough"])]
    if fitted:
        with axes(height=80 + 30 * len(fitted)) as (figure, ax):
            told = draw_enough(ax, fitted, max(p["rows"] for p in points))
            drawn = svg(figure)
        columns = ("student", "enough", "enough_low", "enough_high", "asymptote", "asymptote_low", "asymptote_high", "exponent", "verdict")
        rows = [{k: c[k] for k in columns} for c in fitted]
        data = sheet_of(file_name("enough", source, metric), f"{title}: data that are enough, {source} conversations", rows)
        alt = f"Conversations past which twice as many gain too little {title}: {'; '.join(told)}."
        panels.append(Panel(data.name, source, f"d. Enough data for {title}", alt, drawn, data))
    return panels


def draw_learning(ax: Axes, points: Rows, curves: Rows, decimals: int) -> list[str]:
    """Each student's means, its curve and, where identified, its asymptote with interval; says what is drawn."""
    told, named = [], []
    sizes = sorted({p["rows"] for p in points})
    end = sizes[-1] * 2.5
    for i, student in enumerate(dict.fromkeys(p["student"] for p in points)):
        mine, marker = [p for p in points if p["student"] == student], MARKERS[i % len(MARKERS)]
        curve = next((c for c in curves if c["student"] == student), None)
        identified = bool(curve and curve["identified"])
        x, y = [p["rows"] for p in mine], [p["mean"] for p in mine]
        ax.plot(x, y, marker, color=TUNED, markerfacecolor=TUNED if identified else PAPER, markersize=5.5)
        last = y[int(np.argmax(x))]
        if curve and known(curve["asymptote"]):
            reach = np.geomspace(sizes[0], end if identified else sizes[-1], 60)
            drawn = curve["asymptote"] - curve["scale"] * reach ** -curve["exponent"]
            ax.plot(reach, drawn, color=TUNED, linewidth=1.4, linestyle="solid" if identified else "dotted")
            last = float(drawn[-1])
        if curve and identified:
            ax.plot([sizes[-1], end], [curve["asymptote"]] * 2, color=INK, linewidth=1.1, linestyle=(0, (4, 2)))
            ax.plot([end] * 2, [curve["asymptote_low"], curve["asymptote_high"]], color=INK, linewidth=1.6)
            last = curve["asymptote"]
            ends = interval(curve["asymptote_low"], curve["asymptote_high"], digits=decimals)
            told.append(f"{student} levels off at {score(curve['asymptote'], digits=decimals)} ({ends})")
        else:
            told.append(f"{student} {score(y[int(np.argmax(x))], digits=decimals)} at {count(max(x))}, {_why(curve)}")
        named.append((last, short(student)))
    ax.set_xscale("log")
    ax.set_xticks(sizes, [count(s) for s in sizes], rotation=30 if len(sizes) > 4 else 0, minor=False)
    ax.set_xticks([], minor=True)
    ax.set_xlim(sizes[0] / 1.3, end * 1.05)
    ax.grid(axis="x", visible=False)
    ax.locator_params(axis="y", nbins=5)
    ax.margins(y=0.1)
    ax.set_xlabel("conversations taught on")
    name_at_right(ax, named)
    return told


def draw_enough(ax: Axes, fitted: Rows, taught: int) -> list[str]:
    """One line a student: the size past which another doubling gains less than the smallest effect; says what is drawn."""
    told = []
    low, high = taught / FARTHEST, taught * FARTHEST
    ax.axvline(taught, color=MUTED, linewidth=1.2, linestyle=(0, (4, 2)))
    ax.annotate("taught on", (taught, len(fitted) - 0.45), xytext=(4, 0), textcoords="offset points", va="center", color=MUTED)
    for y, c in enumerate(reversed(fitted)):
        x = min(max(c["enough"], low), high)
        ax.plot(np.clip([_end(c["enough_low"], low), _end(c["enough_high"], high)], low, high), [y, y], color=TUNED, linewidth=2.2)
        ax.plot([x], [y], "o", color=TUNED, markerfacecolor=TUNED if c["identified"] else PAPER, markersize=6)
        ax.annotate(_about(c["enough"], low, high), (x, y), xytext=(0, 7), textcoords="offset points", ha="center", color=INK)
        told.append(f"{c['student']} {_about(c['enough'], low, high)}" + ("" if c["identified"] else ", its ceiling not identified"))
    ax.set_xscale("log")
    tens = [10**k for k in range(12) if low <= 10**k <= high]
    ax.set_xticks(tens, [_short_count(n) for n in tens], minor=False)
    ax.set_xticks([], minor=True)
    ax.set_xlim(low / 1.5, high * 1.5)
    ax.set_yticks(range(len(fitted)), [short(c["student"]) for c in reversed(fitted)])
    ax.set_ylim(-0.5, len(fitted) - 0.2)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("conversations past which a doubling gains too little")
    return told


def _short_count(n: int) -> str:
    return count(n) if n < 10_000 else f"{n // 1_000:,} k" if n < 1_000_000 else f"{n // 1_000_000:,} M"


def known(value: float | None) -> bool:
    """Whether a number is there: NaN is null in an answer's JSON."""
    return value is not None and math.isfinite(value)


def _end(value: float | None, else_: float) -> float:
    return value if value is not None and math.isfinite(value) else else_


def _about(value: float, low: float, high: float) -> str:
    if value >= high:
        return f"over {count(round(high))}"
    return f"under {count(max(1, round(low)))}" if value <= low else count(round(value))


def _why(curve: dict[str, Any] | None) -> str:
    return "shown, not fitted" if curve is None else curve["verdict"].partition(":")[2].strip() or curve["verdict"]


def _rows(points: Rows) -> list[dict[str, Any]]:
    return [{k: p[k] for k in ("student", "rows", "seed", "mean", "n")} for p in points]
