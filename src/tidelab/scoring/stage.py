"""The stage `scores`: one cell per system and metric, from the conversations and the system's replies to a table of scores."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidelab.experiment import Experiment, Scoring
from tidelab.records import Score, frame
from tidelab.run.cells import Cell, Work
from tidelab.scoring.metric import Metric, Unscored, Value, metric
from tidelab.scoring.shared import Batch, Shared, Whole
from tidelab.text import encoder

if TYPE_CHECKING:
    import polars as pl

ROWS = 256
"""Rows in one batch. Encodings are kept and found again by whole batches, so that a resumed cell computes the same bytes."""


def cells(experiment: Experiment) -> list[Cell]:
    """Cells `scores/<system_id>/<metric>`, a system's metrics one after the other, since they share its encodings."""
    chosen = [metric(name) for name in dict.fromkeys(experiment.scoring.metrics)]
    by_metric = {m.name: decides(m, experiment.scoring) for m in chosen}
    return [
        Cell(
            name=f"scores/{system.system_id}/{m.name}",
            decides=by_metric[m.name],
            work=functools.partial(_work, system_id=system.system_id, name=m.name, scoring=experiment.scoring),
            needs=("corpus/split", f"replies/{system.system_id}"),
        )
        for system in [*experiment.systems(), *experiment.curve_systems()]
        for m in chosen
    ]


def check(experiment: Experiment) -> None:
    """Before a run: every metric is known, and the encoders' files are there (a hub's are fetched now)."""
    chosen = [metric(name) for name in experiment.scoring.metrics]
    if any(m.encodes for m in chosen):
        encoder.identity(experiment.scoring.encoder)
    if any(m.name == "bertscore" for m in chosen) and experiment.scoring.bertscore.encoder:
        encoder.identity(experiment.scoring.bertscore.encoder)


def decides(m: Metric, scoring: Scoring) -> dict[str, Any]:
    """What a cell's fingerprint says of a metric."""
    facts: dict[str, Any] = {"metric": m.name, "version": m.version}
    if not m.encodes:
        return facts
    facts |= {"encoder": encoder.fingerprint(scoring.encoder), "dtype": scoring.dtype}
    if m.name == "bertscore":
        own = scoring.bertscore.encoder
        facts["bertscore"] = scoring.bertscore.model_dump() | {"encoder": encoder.fingerprint(own) if own else None}
    return facts


def _work(work: Work, *, system_id: str, name: str, scoring: Scoring) -> None:
    mine = rows(work.read("corpus/split", "conversations"), work.read(f"replies/{system_id}", "replies"))
    score_rows(work, metric(name), shared(scoring, system_id, mine), mine)


def shared(scoring: Scoring, system_id: str, rows: Sequence[dict[str, Any]]) -> Shared:
    """What metrics share, kept from cell to cell while the references stay the same."""
    kept = _shared(scoring.model_dump_json(), tuple(row["chatbot"] for row in rows))
    kept.begin(system_id)
    return kept


def score_rows(work: Work, m: Metric, kept: Shared, rows: list[dict[str, Any]]) -> None:
    """The cell's table `scores`, and in its notes what was cut by the encoder and what all replies together score.

    rows: conversation_id, system_id, person, chatbot, source, text, unscored_reason of a reply; `further` where it has more references.
    """
    work.write("scores", frame(Score, work.batches(rows, ROWS, functools.partial(score, m, kept))))
    said, references = [row["text"] for row in rows if row["text"] is not None], [row["chatbot"] for row in rows]
    if m.encodes:
        reads = kept.token_encoder if m.name == "bertscore" else kept.encoder
        work.note(truncated_replies=reads.truncated(said), truncated_references=reads.truncated(references))
    if m.corpus:
        work.note(corpus=by_source(m, kept, rows))


def rows(conversations: pl.DataFrame, replies: pl.DataFrame) -> list[dict[str, Any]]:
    """Replies with their conversation's person, chatbot and source, in the order of conversation_id, the same for every system."""
    texts = conversations.select("conversation_id", "person", "chatbot", "source")
    joined = replies.join(texts, on="conversation_id", how="inner", validate="1:1").sort("conversation_id")
    if joined.height != replies.height:
        raise ValueError(f"{replies.height - joined.height} replies belong to no conversation of the corpus")
    return joined.to_dicts()


@functools.lru_cache(maxsize=1)  # cells of one run come one after the other; another run's references take the place
def _shared(scoring: str, references: tuple[str, ...]) -> Shared:
    """For settings as JSON, which can be a key of the cache."""
    chosen = Scoring.model_validate_json(scoring)
    return Shared(chosen.encoder, dtype=chosen.dtype, bertscore=chosen.bertscore, corpus=references)


def _batch(shared: Shared, rows: Sequence[dict[str, Any]]) -> Batch:
    # A missing reply takes part as empty text, so that the group of references is the same for all systems; its value is then dropped.
    further = [row.get("further") or [] for row in rows]
    columns = ([r["person"] for r in rows], [r["chatbot"] for r in rows], [r["text"] or "" for r in rows])
    return Batch(*columns, shared, further if any(further) else [])


def score(m: Metric, shared: Shared, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the scores table for one batch of rows as `score_rows` takes them."""
    scored = m.values(_batch(shared, rows))
    return [
        _row(row, part, _missing(row) or value, m.sign(part, shared))
        for part in scored
        for row, value in zip(rows, scored[part], strict=True)
    ]


def _missing(row: dict[str, Any]) -> Unscored | None:
    return Unscored(row["unscored_reason"] or "no reply") if row["text"] is None else None


def _row(row: dict[str, Any], part: str, value: Value, signature: str) -> dict[str, Any]:
    score, reason = (math.nan, value.reason) if isinstance(value, Unscored) else (value, "")
    names = {"conversation_id": row["conversation_id"], "system_id": row["system_id"], "metric": part}
    return names | {"value": score, "reason": reason, "signature": signature}


def by_source(m: Metric, shared: Shared, rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """`source/part` -> the metric over all replies of a source of conversations; sources stay apart."""
    assert m.corpus is not None
    groups = [rows[at : at + ROWS] for at in range(0, len(rows), ROWS)]  # those in which the cell scored them: encodings are found again
    batches = [_batch(shared, group) for group in groups]
    values: dict[str, float] = {}
    for source in sorted({row["source"] for row in rows}):
        chosen = [[i for i, row in enumerate(group) if row["source"] == source and row["text"] is not None] for group in groups]
        values |= {f"{source}/{part}": value for part, value in m.corpus(Whole(batches, chosen)).items() if not math.isnan(value)}
    return values
