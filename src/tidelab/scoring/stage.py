"""The stage `scores`: one cell per system and metric, from the conversations and the system's replies to a table of scores."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from tidelab.experiment import Experiment
from tidelab.records import Score, frame
from tidelab.run.cells import Cell, Work
from tidelab.scoring.metric import Metric, Unscored, Value, metric
from tidelab.scoring.shared import Batch, Shared
from tidelab.text import encoder

if TYPE_CHECKING:
    import polars as pl

# Rows in one batch. Encodings are kept and found again by whole batches, so that a resumed cell computes the same bytes.
_ROWS = 256


def cells(experiment: Experiment) -> list[Cell]:
    """Cells `scores/<system_id>/<metric>`, a system's metrics one after the other, since they share its encodings."""
    chosen = [metric(name) for name in dict.fromkeys(experiment.scoring.metrics)]
    decides = {m.name: _decides(m, experiment.scoring.encoder) for m in chosen}
    return [
        Cell(
            name=f"scores/{system.system_id}/{m.name}",
            decides=decides[m.name],
            work=functools.partial(_work, system_id=system.system_id, name=m.name, encoder_name=experiment.scoring.encoder),
            needs=("corpus/split", f"replies/{system.system_id}"),
        )
        for system in [*experiment.systems(), *experiment.curve_systems()]
        for m in chosen
    ]


def check(experiment: Experiment) -> None:
    """Before a run: every metric is known, and the encoder's files are there (a hub's are fetched now)."""
    chosen = [metric(name) for name in experiment.scoring.metrics]
    if any(m.encodes for m in chosen):
        encoder.identity(experiment.scoring.encoder)


def _decides(m: Metric, encoder_name: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"metric": m.name, "version": m.version}
    return facts | {"encoder": encoder.fingerprint(encoder_name)} if m.encodes else facts


def _work(work: Work, *, system_id: str, name: str, encoder_name: str) -> None:
    rows = _rows(work.read("corpus/split", "conversations"), work.read(f"replies/{system_id}", "replies"))
    references = tuple(row["chatbot"] for row in rows)
    shared = _shared(encoder_name, references)
    shared.begin(system_id)
    m = metric(name)
    work.write("scores", frame(Score, work.batches(rows, _ROWS, functools.partial(_score, m, shared))))
    said = [row["text"] for row in rows if row["text"] is not None]
    if m.encodes:
        work.note(truncated_replies=shared.encoder.truncated(said), truncated_references=shared.encoder.truncated(references))
    if m.corpus:
        work.note(corpus={f"{source}/{name}": value for source, value in _by_source(m, rows).items()})


def _rows(conversations: pl.DataFrame, replies: pl.DataFrame) -> list[dict[str, Any]]:
    """Replies with their conversation's person, chatbot and source, in the order of conversation_id, the same for every system."""
    texts = conversations.select("conversation_id", "person", "chatbot", "source")
    joined = replies.join(texts, on="conversation_id", how="inner", validate="1:1").sort("conversation_id")
    if joined.height != replies.height:
        raise ValueError(f"{replies.height - joined.height} replies belong to no conversation of the corpus")
    return joined.to_dicts()


@functools.lru_cache(maxsize=1)  # cells of one run come one after the other; another run's references take the place
def _shared(encoder_name: str, references: tuple[str, ...]) -> Shared:
    return Shared(encoder_name)


def _score(m: Metric, shared: Shared, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # A missing reply takes part as empty text, so that the group of references is the same for all systems; its value is then dropped.
    batch = Batch([r["person"] for r in rows], [r["chatbot"] for r in rows], [r["text"] or "" for r in rows], shared)
    scored = m.score(batch)
    return [
        _row(row, part, _missing(row) or value, m.sign(part, shared))
        for part in m.parts
        for row, value in zip(rows, scored[part], strict=True)
    ]


def _missing(row: dict[str, Any]) -> Unscored | None:
    return Unscored(row["unscored_reason"] or "no reply") if row["text"] is None else None


def _row(row: dict[str, Any], part: str, value: Value, signature: str) -> dict[str, Any]:
    score, reason = (math.nan, value.reason) if isinstance(value, Unscored) else (value, "")
    names = {"conversation_id": row["conversation_id"], "system_id": row["system_id"], "metric": part}
    return names | {"value": score, "reason": reason, "signature": signature}


def _by_source(m: Metric, rows: list[dict[str, Any]]) -> dict[str, float]:
    """The metric over all replies of each source of conversations; sources stay apart."""
    assert m.corpus is not None
    said: dict[str, list[str]] = {}
    for row in rows:
        if row["text"] is not None:
            said.setdefault(row["source"], []).append(row["text"])
    values = {source: m.corpus(texts) for source, texts in sorted(said.items())}
    return {source: value for source, value in values.items() if not math.isnan(value)}
