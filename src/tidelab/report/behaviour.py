"""What a score doesn't show: did a system stop by itself, stay on topic, repeat itself, copy?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidelab.report.data import Study


@dataclass(frozen=True)
class Behaviour:
    """Shares of a system's replies to one source's test conversations, 0..1; NaN where a share has no meaning."""

    source: str
    system_id: str
    replies: int
    stopped: float  # ended by themselves; NaN for floors, which can't do otherwise
    on_topic: float  # of those whose scenario has topic terms
    copied: float  # equal to a training reply
    copied_runs: float  # of the replies' runs of eight words, those that stand in a training reply
    distinct: float  # different word pairs over all replies together


def behaviours(study: Study) -> list[Behaviour]:
    """One row for each source and system, in the study's order."""
    import polars as pl

    scenarios = {row["scenario_id"]: (row["theme"], row["trigger"]) for row in study.scenarios.iter_rows(named=True)}
    joined = study.replies.join(study.test.select("conversation_id", "source", "scenario_id"), on="conversation_id", maintain_order="left")
    rows = []
    for source in study.sources:
        for system_id in study.systems:
            here = joined.filter(pl.col("source") == source, pl.col("system_id") == system_id)
            texts = here.filter(pl.col("text").is_not_null())
            told = [on_topic_of(scenarios.get(s), text) for s, text in texts.select("scenario_id", "text").iter_rows()]
            known = [t for t in told if t is not None]
            floor = system_id.startswith("floor:")
            rows.append(
                Behaviour(
                    source=source,
                    system_id=system_id,
                    replies=len(here),
                    stopped=math.nan if floor or not len(here) else len(here.filter(pl.col("stop_reason") == "stop")) / len(here),
                    on_topic=sum(known) / len(known) if known else math.nan,
                    copied=_noted(study, f"replies/{system_id}", "behaviour", source, "copied", "verbatim"),
                    copied_runs=_noted(study, f"replies/{system_id}", "behaviour", source, "copied", "eight_grams"),
                    distinct=_noted(study, f"scores/{system_id}/distinct_2", "corpus", f"{source}/distinct_2"),
                )
            )
    return rows


def _noted(study: Study, cell: str, *keys: str) -> float:
    """A number out of a cell's notes; NaN where it isn't there."""
    value: Any = study.cells.get(cell, {}).get("notes", {})
    for key in keys:
        value = value.get(key, {}) if isinstance(value, dict) else {}
    return float(value) if isinstance(value, int | float) else math.nan


def on_topic_of(scenario: tuple[str, str] | None, text: str) -> bool | None:
    """Whether a text holds a term of its scenario (theme, trigger); None where its topic is not known, as in an imported corpus."""
    from tidelab.text.topic import on_topic, topics

    if scenario is None or scenario[1] not in topics().get(scenario[0], {}):
        return None
    return on_topic(*scenario, text)
