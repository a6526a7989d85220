"""Quality against time per reply, one point a system: filled where no other beats it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tidelab.report.figures.canvas import INK, TUNED, ZERO, Panel, axes, file_name, svg
from tidelab.report.names import label, metric_note
from tidelab.report.numbers import score

if TYPE_CHECKING:
    from tidelab.report.sheet import Sheet
    from tidelab.report.which import Choice


def which_panels(found: list[Choice], tables: list[Sheet]) -> list[Panel]:
    """One panel for each source that has timed systems; `tables` are their data, by name."""
    by_name = {t.name: t for t in tables}
    panels = []
    for source in dict.fromkeys(c.source for c in found):
        timed = [c for c in found if c.source == source and c.seconds > 0]
        if timed:
            panels.append(_panel(source, timed, by_name[f"which-{source}"]))
    return panels


def _panel(source: str, found: list[Choice], data: Sheet) -> Panel:
    title = metric_note(found[0].metric).label
    told = []
    with axes(height=270) as (figure, ax):
        for condition, colour, marker in (("fine-tuned", TUNED, "o"), ("other", ZERO, "s")):
            here = [c for c in found if (label(c.system_id)[1].startswith("fine-tuned")) == (condition == "fine-tuned")]
            for c in here:
                if math.isfinite(c.low):
                    ax.plot([1000 * c.seconds] * 2, [c.low, c.high], color=colour, linewidth=1.3)
            for unbeaten in (True, False):
                some = [c for c in here if c.unbeaten == unbeaten]
                if some:
                    name = {"fine-tuned": "fine-tuned", "other": "not fine-tuned"}[condition] + ("" if unbeaten else ", beaten")
                    face = colour if unbeaten else "none"
                    x, y = [1000 * c.seconds for c in some], [c.quality for c in some]
                    ax.plot(x, y, marker, color=colour, markerfacecolor=face, markersize=7, label=name)
        for c in sorted(found, key=lambda c: c.seconds):
            name, condition = label(c.system_id)
            told.append(f"{name} {condition} {score(c.quality)} at {1000 * c.seconds:.0f} ms{', unbeaten' if c.unbeaten else ''}")
            if c.unbeaten:
                ax.annotate(name, (1000 * c.seconds, c.quality), xytext=(7, 4), textcoords="offset points", color=INK)
        ax.margins(x=0.2, y=0.12)
        ax.set_xlabel("milliseconds per reply, in batches")
        ax.set_ylabel(title)
        ax.locator_params(nbins=5)
        figure.legend(loc="outside upper left", ncols=2, handlelength=1.2, borderaxespad=0.2, columnspacing=1.2)
        drawn = svg(figure)
    alt = f"{title} against time per reply: {'; '.join(told)}."
    return Panel(file_name("which", source), source, f"{title} against time per reply", alt, drawn, data)
