"""How does each system score? Mean per source, system and metric, with an interval over personas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidelab.analysis.result import Answer, Result
from tidelab.analysis.words import plain

if TYPE_CHECKING:
    import polars as pl

ASKS = "How does each system score?"


@dataclass(frozen=True)
class Mean:
    """One system on one metric, on the test conversations of one source."""

    source: str
    system_id: str
    metric: str
    n: int  # scored replies, over which the mean is taken
    personas: int  # personas with at least one of them
    unscored: int  # replies whose value could not be had; not in the mean
    mean: float
    low: float
    high: float
    reason: str  # why there is no mean or no interval


def means(scores: pl.DataFrame, conversations: pl.DataFrame, *, resamples: int, confidence: float, seed: int) -> Result[Mean]:
    """Means of `scores` (records.Score rows of any systems and metrics), sources apart.

    conversations: conversation_id, persona_id, source. Systems and metrics keep the order in which they first stand in `scores`.
    """
    import numpy as np
    import polars as pl

    from tidelab.analysis.bootstrap import intervals

    order = scores.select("system_id", "metric").unique(maintain_order=True)
    known = scores.join(conversations.select("conversation_id", "persona_id", "source"), on="conversation_id", maintain_order="left")
    rows = []
    for source in sorted(known["source"].unique()):
        here = known.filter(pl.col("source") == source)
        conversation = here.select("conversation_id", "persona_id").unique().sort("conversation_id").with_row_index("row")
        persona = conversation.select("persona_id").unique().sort("persona_id").with_row_index("cluster")
        clusters = conversation.join(persona, on="persona_id", maintain_order="left")["cluster"].to_numpy().astype(np.int64)
        columns = order.join(here.select("system_id", "metric").unique(), on=["system_id", "metric"], maintain_order="left")
        columns = columns.with_row_index("column")
        placed = here.join(conversation.select("conversation_id", "row"), on="conversation_id").join(columns, on=["system_id", "metric"])
        values = np.full((len(conversation), len(columns)), np.nan)
        values[placed["row"].to_numpy(), placed["column"].to_numpy()] = placed["value"].to_numpy()
        told = placed.group_by("column").len().sort("column")["len"].to_list()
        found = intervals(values, clusters, resamples=resamples, confidence=confidence, seed=f"means {seed} {source}")
        for (system_id, metric), total, i in zip(columns.select("system_id", "metric").iter_rows(), told, found, strict=True):
            reason = "every reply is unscored" if i.rows == 0 else i.reason
            rows.append(Mean(source, system_id, metric, i.rows, i.clusters, total - i.rows, i.mean, i.low, i.high, reason))
    return Result(Mean, tuple(rows), {"resamples": resamples, "confidence": confidence, "seed": seed, "interval": "BCa over personas"})


def answer(found: Result[Mean]) -> Answer:
    """The means with a sentence for each source and metric: highest, highest student, and what was left out."""
    groups: dict[tuple[str, str], list[Mean]] = {}
    for mean in found.rows:
        groups.setdefault((mean.source, mean.metric), []).append(mean)
    return Answer("means", ASKS, {"means": found}, tuple(_say(source, metric, rows) for (source, metric), rows in groups.items()))


def _say(source: str, metric: str, rows: list[Mean]) -> str:
    known = sorted((m for m in rows if m.mean == m.mean), key=lambda m: -m.mean)
    unscored = sum(m.unscored for m in rows)
    left_out = f" {unscored:,} unscored, in no mean." if unscored else ""
    if not known:
        return f"{metric} ({source}): no system has a value: {rows[0].reason}."
    told = f"{metric} ({source}): {_named(known[0])} is the highest of {len(known)} systems, {_named(known[-1])} the lowest."
    students = [m for m in known if not m.system_id.startswith(("floor:", "teacher@"))]
    if students and students[0] is not known[0]:
        told += f" The highest student is {_named(students[0])}."
    return told + left_out


def _named(m: Mean) -> str:
    return f"{m.system_id} {plain(m.mean)}" + (f" ({plain(m.low)} to {plain(m.high)})" if m.low == m.low else "")
