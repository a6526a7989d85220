"""The look that all figures share, and how they become SVG: text stays text, colours are safe for colour-blind readers (Okabe & Ito)."""

from __future__ import annotations

import contextlib
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tidelab.report.sheet import Sheet

INK, MUTED, GRID, PAPER = "#1f2328", "#57606a", "#d8dee4", "#ffffff"
TUNED, ZERO, FLOOR = "#0072b2", "#d55e00", "#6e7781"
# On the page a colour becomes a custom property, so that the figure follows the reader's light or dark scheme.
_PROPERTIES = {INK: "ink", MUTED: "muted", GRID: "line", PAPER: "card", TUNED: "tuned", ZERO: "zero", FLOOR: "floor"}
WIDTH = 340  # user units; about the CSS pixels at which the page shows a panel, so that text keeps its size
_FONT = 10.5


@dataclass(frozen=True)
class Drawn:
    """A figure as SVG, and as matplotlib holds it, for PDF."""

    svg: str
    figure: Figure = field(compare=False, repr=False)


@dataclass(frozen=True)
class Panel:
    """One figure: name of its file, source and metric it shows, what it says in words, its drawing, and the numbers drawn."""

    name: str
    source: str
    title: str
    alt: str
    drawn: Drawn
    data: Sheet

    @property
    def svg(self) -> str:
        """The file for the page and for other programs."""
        return self.drawn.svg

    def pdf(self) -> bytes:
        """The file for a paper, the same bytes every time."""
        buffer = io.BytesIO()
        self.drawn.figure.savefig(buffer, format="pdf", metadata={"CreationDate": None})
        return buffer.getvalue()

    @property
    def kind(self) -> str:
        """`gain`, `ceiling`, `curve`, `which` ...: what the file's name begins with."""
        return self.name.partition("-")[0]

    @property
    def inline(self) -> str:
        """The SVG for use within a page: no prolog, own ids, colours as custom properties."""
        text = self.svg[self.svg.index("<svg") :]
        text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r'\1 aria-hidden="true"', text, count=1)
        text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
        text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{self.name}-", text)
        for colour, name in _PROPERTIES.items():
            text = text.replace(colour, f"var(--fig-{name})")
        return text


@contextlib.contextmanager
def axes(height: int) -> Iterator[tuple[Figure, Axes]]:
    """A figure of `WIDTH` x `height` user units with one pair of axes in the house style."""
    with _figure(WIDTH, height) as figure:
        ax = figure.add_subplot()
        ax.tick_params(length=0)
        yield figure, ax


@contextlib.contextmanager
def four_axes(height: int) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure of twice `WIDTH` x `height` with two rows of two, for print."""
    with _figure(2 * WIDTH, height) as figure:
        every = [figure.add_subplot(2, 2, i) for i in range(1, 5)]
        for ax in every:
            ax.tick_params(length=0)
        yield figure, every


@contextlib.contextmanager
def _figure(width: int, height: int) -> Iterator[Figure]:
    import matplotlib
    from matplotlib.figure import Figure as NewFigure

    style: dict[str, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "tidelab",
        "text.parse_math": False,
        "font.family": ["sans-serif"],
        "font.size": _FONT,
        "axes.edgecolor": GRID,
        "axes.labelcolor": MUTED,
        "axes.labelsize": _FONT,
        "axes.unicode_minus": True,
        "text.color": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": _FONT - 0.5,
        "ytick.labelsize": _FONT - 0.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "lines.linewidth": 1.8,
        "legend.frameon": False,
        "legend.fontsize": _FONT - 0.5,
        "figure.facecolor": PAPER,
        "axes.facecolor": PAPER,
    }
    with matplotlib.rc_context(style):  # type: ignore[arg-type]
        figure = NewFigure(figsize=(width / 72, height / 72), layout="constrained")
        figure.get_layout_engine().set(w_pad=4 / 72, h_pad=4 / 72)  # type: ignore[union-attr, call-arg]
        yield figure


def svg(figure: Figure) -> Drawn:
    """The figure with its SVG, without date or program version, the same bytes every time."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue().decode("utf-8")
    return Drawn(text.replace("'DejaVu Sans', 'Bitstream Vera Sans'", "system-ui, 'DejaVu Sans', 'Bitstream Vera Sans'"), figure)


def name_at_right(ax: Axes, named: Sequence[tuple[float, str]]) -> None:
    """Writes names at the right edge, each at its height y, moved apart where they run close together."""
    low, high = ax.get_ylim()
    step, last = (high - low) * 0.085, -math.inf
    for y, name in sorted(named):
        last = max(y, last + step)
        ax.annotate(
            name,
            (1, y),
            xytext=(1.015, last),
            xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"),
            va="center",
            color=MUTED,
            annotation_clip=False,
        )


def short(name: str) -> str:
    """A name that leaves the figure its room; the alt text and the table have all of it."""
    return name if len(name) <= 24 else name[:23] + "…"


def file_name(*parts: str) -> str:
    """Parts joined to a name that any file system and any `id` attribute takes."""
    return "-".join(re.sub(r"[^A-Za-z0-9_]+", "-", part) for part in parts)
