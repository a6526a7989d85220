"""What stands behind `tidelab.scoring.score`: the rows of a call, scored in the batches in which a run scores them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import polars as pl

from tidelab.errors import TidelabError
from tidelab.scoring import stage
from tidelab.scoring.metric import metric
from tidelab.scoring.shared import Shared

_SCHEMA = {"row": pl.Int64, "metric": pl.String, "value": pl.Float64, "reason": pl.String, "signature": pl.String}


def table(
    replies: Sequence[str | None],
    references: Sequence[str | Sequence[str]] | None,
    persons: Sequence[str] | None,
    names: Sequence[str],
    encoder: str,
    dtype: Literal["fp32", "bf16"],
) -> pl.DataFrame:
    """See `tidelab.scoring.score`."""
    rows = _rows(replies, references, persons)
    kept = Shared(encoder, dtype=dtype, corpus=[row["chatbot"] for row in rows])
    made: list[dict[str, Any]] = []
    for m in (metric(name) for name in dict.fromkeys(names)):
        for start in range(0, len(rows), stage.ROWS):
            some = rows[start : start + stage.ROWS]
            for entry in stage.score(m, kept, some):
                made.append({"row": int(entry["conversation_id"]), **{name: entry[name] for name in _SCHEMA if name != "row"}})
        for name, value in (stage.by_source(m, kept, rows) if m.corpus and rows else {}).items():
            part = name.partition("/")[2]
            made.append({"row": None, "metric": part, "value": value, "reason": "", "signature": m.sign(part, kept)})
    return pl.DataFrame(made, schema=_SCHEMA, orient="row")


def _rows(
    replies: Sequence[str | None], references: Sequence[str | Sequence[str]] | None, persons: Sequence[str] | None
) -> list[dict[str, Any]]:
    for name, given in (("references", references), ("persons", persons)):
        if given is not None and (isinstance(given, str) or len(given) != len(replies)):
            count = "one text" if isinstance(given, str) else f"{len(given)} entries"
            mend = f"give {name} as a list with one entry for each reply"
            raise TidelabError(f"{len(replies)} replies and {count} of {name}", where="tidelab.scoring.score", mend=mend)
    rows = []
    for i, text in enumerate(replies):
        given_ = references[i] if references is not None else ""
        wanted = [given_] if isinstance(given_, str) else list(given_) or [""]
        rows.append(
            {
                "conversation_id": str(i),
                "system_id": "",
                "person": persons[i] if persons is not None else "",
                "chatbot": wanted[0],
                "further": wanted[1:],
                "source": "imported",
                "text": text,
                "unscored_reason": "",
            }
        )
    return rows
