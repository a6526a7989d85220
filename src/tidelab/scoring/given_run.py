"""A run directory for replies made elsewhere: the cells that read them, score them, and what came of it."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tidelab.experiment import Scoring
from tidelab.records import Quarantined, frame
from tidelab.run import fingerprint
from tidelab.run.cells import Cell, Work
from tidelab.run.directory import RunDirectory
from tidelab.scoring import stage
from tidelab.scoring.given import Given
from tidelab.scoring.metric import NOT_APPLICABLE, metric

READ = "replies/given"
_SCHEMA: dict[str, Any] = {
    "conversation_id": pl.String,
    "system_id": pl.String,
    "person": pl.String,
    "chatbot": pl.String,
    "further": pl.List(pl.String),
    "source": pl.String,
    "text": pl.String,
    "unscored_reason": pl.String,
}


def cells(given: Given, path: Path, answered: str, scoring: Scoring) -> list[Cell]:
    """`replies/given` (tables replies, quarantine) and `scores/SYSTEM/METRIC`.

    path -- the file, whose bytes are in the fingerprint; answered -- what identifies the conversations, the choice among them included
    """
    read = Cell(READ, {"file": fingerprint.of_files(path), "answered": answered}, functools.partial(_keep, given))
    chosen = [metric(name) for name in dict.fromkeys(scoring.metrics)]
    return [read] + [
        Cell(
            f"scores/{system}/{m.name}",
            stage.decides(m, scoring),
            functools.partial(_score, system_id=system, name=m.name, scoring=scoring),
            needs=(READ,),
        )
        for system in given.systems
        for m in chosen
    ]


def rows(work: Work) -> list[dict[str, Any]]:
    """All rows of `replies/given`."""
    return work.read(READ, "replies").to_dicts()


def summary(run: RunDirectory, given: Given, scoring: Scoring, least_share: float) -> dict[str, Any]:
    """What `tide score FILE` says.

    scores -- per system, source and part: replies, scored, unscored (reason -> count), mean (None with `why` where less than `least_share`
    of the replies that it applies to have a value); and `together`, the value of all replies at once, where the metric has one
    """
    totals = Counter((row["system_id"], row["source"]) for row in given.rows)
    told = []
    for system in given.systems:
        for name in dict.fromkeys(scoring.metrics):
            cell = f"scores/{system}/{name}"
            table = pl.read_parquet(run.cell_dir(cell) / "scores.parquet")
            together = (run.done(cell) or {})["notes"].get("corpus", {})
            sources = [source for who, source in totals if who == system]
            of = {row["conversation_id"]: row["source"] for row in given.rows if row["system_id"] == system}
            placed = table.with_columns(source=pl.col("conversation_id").replace_strict(of, return_dtype=pl.String))
            for source in sources:
                for part in metric(name).parts:
                    here = placed.filter((pl.col("metric") == part) & (pl.col("source") == source))
                    entry = {"system_id": system, "source": source, "metric": part, "replies": totals[system, source]}
                    entry |= mean(here["value"].to_list(), here["reason"].to_list(), least_share) if here.height else {}
                    if f"{source}/{part}" in together:
                        entry["together"] = together[f"{source}/{part}"]
                    told.append(entry | ({"signature": here["signature"][0]} if here.height else {}))
    refused = Counter(q.reason for q in given.refused)
    return {"run": str(run.path), "refused": dict(refused), "absent": given.absent, "scores": told}


def mean(values: Sequence[float], reasons: Sequence[str], least_share: float) -> dict[str, Any]:
    """`scored`, `unscored` with reasons, `mean`; a mean over too few says so instead of a number."""
    scored = [value for value in values if not math.isnan(value)]
    unscored = Counter(reason for value, reason in zip(values, reasons, strict=True) if math.isnan(value))
    applies = len(values) - sum(count for reason, count in unscored.items() if reason.startswith(NOT_APPLICABLE))
    entry: dict[str, Any] = {"scored": len(scored), "unscored": dict(unscored), "mean": None}
    if not scored:
        return entry | {"why": "no reply has a value"}
    if len(scored) < least_share * applies:
        return entry | {"why": f"only {len(scored)} of {applies} replies have a value; a mean needs {least_share:.0%}"}
    return entry | {"mean": sum(scored) / len(scored)}


def _keep(given: Given, work: Work) -> None:
    work.write("replies", pl.DataFrame(given.rows, schema=_SCHEMA, orient="row"))
    work.write("quarantine", frame(Quarantined, given.refused))
    work.note(systems=len(given.systems), refused=len(given.refused), absent=given.absent)


def _score(work: Work, *, system_id: str, name: str, scoring: Scoring) -> None:
    mine = work.read(READ, "replies").filter(pl.col("system_id") == system_id).to_dicts()
    stage.score_rows(work, metric(name), stage.shared(scoring, system_id, mine), mine)
