"""Writes into each metric's page what the floors score on the sample corpus, between the lines `Floors` and the next heading.

Run by hand after a metric changed: python tools/make_floors.py. Takes some minutes on two cores; every metric, 100 conversations.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tidelab.corpus import sample
from tidelab.scoring import stage
from tidelab.scoring.metric import Metric, Unscored, metrics
from tidelab.scoring.shared import Batch, Shared
from tidelab.students import floors
from tidelab.text import encoder

PAGES = Path(__file__).parents[1] / "docs" / "metrics"
CONVERSATIONS = 100
Row = dict[str, Any]


def systems() -> dict[str, list[Row]]:
    """The three floors, and the corpus' own lukewarm replies, for the first 100 conversations that have contrast replies."""
    lukewarm = {c.conversation_id: c.text for c in sample.contrasts() if c.kind == "lukewarm"}
    every = sample.load()[2]
    chosen = [c for c in every if c.conversation_id in lukewarm][:CONVERSATIONS]
    theirs = {c.persona_id for c in chosen}
    nearest = floors.nearest([(c.person, c.chatbot) for c in every if c.persona_id not in theirs], encoder.load())
    persons = [c.person for c in chosen]
    replies: dict[str, list[str]] = {
        "constant": floors.constant(persons),
        "echo": floors.echo(persons),
        "nearest": nearest(persons),
        "lukewarm": [lukewarm[c.conversation_id] for c in chosen],
    }
    return {
        name: [
            {
                "person": c.person,
                "chatbot": c.chatbot,
                "source": "sample",
                "text": t,
                "system_id": name,
                "conversation_id": c.conversation_id,
            }
            for c, t in zip(chosen, texts, strict=True)
        ]
        for name, texts in replies.items()
    }


def line(m: Metric, rows: dict[str, list[Row]], shared: Shared) -> str:
    """The metric's values for each system as a table."""
    made: dict[str, dict[str, str]] = {}
    for name, listed in rows.items():
        shared.begin(name)
        made[name] = _values(m, shared, listed)
    columns = list(dict.fromkeys(column for cells in made.values() for column in cells))
    table = [("", *columns), ("---", *("---" for _ in columns))]
    table += [(f"`{name}`", *(cells.get(column, "") for column in columns)) for name, cells in made.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table)


def _values(m: Metric, shared: Shared, rows: list[Row]) -> dict[str, str]:
    batch = Batch([r["person"] for r in rows], [r["chatbot"] for r in rows], [r["text"] for r in rows], shared)
    cells = {}
    for part, values in m.values(batch).items():
        scored = [v for v in values if not isinstance(v, Unscored)]
        mean = f"{sum(scored) / len(scored):.3f}" if scored else "none"
        cells[f"`{part}`"] = mean + (f" ({len(values) - len(scored)} unscored)" if len(scored) < len(values) else "")
    if m.corpus:
        together = stage.by_source(m, shared, rows)
        cells |= {f"`{part}`, all together": f"{together[f'sample/{part}']:.3f}" for part in m.parts if f"sample/{part}" in together}
    return cells


def main(told: Callable[[str], object] = print) -> None:
    """Every page."""
    rows, shared = systems(), Shared(encoder.DEFAULT)
    for m in metrics().values():
        page = PAGES / f"{m.name}.md"
        head = (
            f"**Floors.** Means over {CONVERSATIONS} conversations of the sample corpus (`python tools/make_floors.py`); "
            "`lukewarm` is the corpus' kind and general reply:"
        )
        text = re.sub(r"\n\*\*Floors\.\*\*.*?(?=\n## )", "", page.read_text("utf-8"), flags=re.S)
        before, mark, after = text.partition("\n## What it can't see")
        page.write_text(f"{before.rstrip()}\n\n{head}\n\n{line(m, rows, shared)}\n{mark}{after}", "utf-8")
        told(f"{m.name} done")


if __name__ == "__main__":
    main()
