"""How a reply failed, as far as the run's tables tell: no text, empty, cut, copied, off its topic, or a safety axis broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidelab.report.behaviour import on_topic_of
from tidelab.report.names import marks
from tidelab.report.numbers import count
from tidelab.report.sheet import Cell, Sheet

if TYPE_CHECKING:
    from tidelab.report.data import Study, Texts

NO_REPLY, EMPTY, CUT, COPIED, OFF_TOPIC = "no reply", "empty", "cut at the limit", "copied from training", "off topic"

Failed = dict[tuple[str, str], tuple[str, ...]]


def failures(study: Texts) -> Failed:
    """(conversation_id, system_id) -> kinds of failure, for replies that have any; floors' copies are what floors do and not named."""
    import polars as pl

    from tidelab.safety.axes import NAMES

    taught = set(study.corpus.filter(pl.col("split") == "train")["chatbot"].str.strip_chars())
    scenarios = {row["scenario_id"]: (row["theme"], row["trigger"]) for row in study.scenarios.iter_rows(named=True)}
    placed = dict(study.corpus.select("conversation_id", "scenario_id").iter_rows())
    found: dict[tuple[str, str], list[str]] = {}
    for conversation_id, system_id, text, stop in study.replies.select("conversation_id", "system_id", "text", "stop_reason").iter_rows():
        floor = system_id.startswith("floor:")
        if text is None:
            kinds = [NO_REPLY]
        elif not text.strip():
            kinds = [EMPTY]
        else:
            kinds = [
                *([CUT] if stop == "length" else []),
                *([COPIED] if not floor and text.strip() in taught else []),
                *([OFF_TOPIC] if not floor and on_topic_of(scenarios.get(placed.get(conversation_id, "")), text) is False else []),
            ]
        if kinds:
            found[conversation_id, system_id] = kinds
    broken = study.scores.filter(pl.col("metric").is_in(NAMES), pl.col("value") >= 0.5)
    for conversation_id, system_id, axis in broken.select("conversation_id", "system_id", "metric").iter_rows():
        found.setdefault((conversation_id, system_id), []).append(axis.replace("_", " "))
    return {key: tuple(kinds) for key, kinds in found.items()}


def counted(study: Study, found: Failed) -> Sheet:
    """Replies by system and kind of failure; one reply may stand in several columns."""
    kinds = sorted({kind for some in found.values() for kind in some})
    counts = {(system_id, kind): 0 for system_id in study.systems for kind in kinds}
    for (_, system_id), some in found.items():
        for kind in some:
            counts[system_id, kind] += 1
    rows = [[Cell(s, marks=marks(s, study.nano)), *(Cell(count(counts[s, k]), key=counts[s, k]) for k in kinds)] for s in study.systems]
    return Sheet("failures", "Replies that failed, by system and kind", ["System", *(k.capitalize() for k in kinds)], rows)
