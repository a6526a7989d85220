"""Decisions, ratings and revisions as tables. Reviewers are numbers there; who they are stays in the database."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tidelab.errors import TidelabError
from tidelab.records import Decision, frame
from tidelab.review.verdicts import Review, Verdict, verdicts
from tidelab.run import atomic
from tidelab.web.database import Database

if TYPE_CHECKING:
    import polars as pl

Format = Literal["jsonl", "csv", "parquet"]


def export(database: Database, out: Path, form: Format) -> dict[str, int]:
    """Writes `decisions`, `ratings` and `revisions` into `out`; rows by table. TidelabError if `out` is no place for files."""
    with database.read() as connection:
        found = verdicts(connection)
    tables = {"decisions": decisions(found), "ratings": ratings(found), "revisions": revisions(found)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            atomic.write_bytes(out / f"{name}.{form}", _bytes(table, form))
    except OSError as error:
        raise TidelabError(
            f"can't be written: {error.strerror}", where=str(out), mend="give --out a directory that you may write to"
        ) from None
    return {name: table.height for name, table in tables.items()}


def decisions(found: list[Verdict]) -> pl.DataFrame:
    """A `Decision` for each item."""
    return frame(Decision, [v.decision() for v in found])


def ratings(found: list[Verdict]) -> pl.DataFrame:
    """kind, conversation_id, system_id, reviewer, role, counted, scale, rating (1-5), decision, comment, at (UTC)."""
    import polars as pl

    rows = [
        _of(v, review)
        | {"counted": counted, "scale": scale, "rating": rating, "decision": review.answer.decision}
        | {"comment": review.answer.comment, "at": review.at}
        for v in found
        for review, counted in _all(v)
        for scale, rating in review.answer.ratings.items()
    ]
    columns: dict[str, Any] = {**_OF, "counted": pl.Boolean, "scale": pl.String, "rating": pl.Int64, "decision": pl.String}
    return pl.DataFrame(rows, schema={**columns, "comment": pl.String, "at": pl.Datetime("us", "UTC")}, orient="row")


def revisions(found: list[Verdict]) -> pl.DataFrame:
    """kind, conversation_id, system_id, reviewer, role, and the texts before and after."""
    import polars as pl

    rows = [
        _of(v, review)
        | {"person_before": v.item.person, "person_after": review.answer.person or v.item.person}
        | {"chatbot_before": v.item.chatbot, "chatbot_after": review.answer.chatbot or v.item.chatbot, "at": review.at}
        for v in found
        for review, _ in _all(v)
        if review.answer.text != (None, None)
    ]
    texts = dict.fromkeys(("person_before", "person_after", "chatbot_before", "chatbot_after"), pl.String)
    return pl.DataFrame(rows, schema={**_OF, **texts, "at": pl.Datetime("us", "UTC")}, orient="row")


_OF: dict[str, Any] = dict.fromkeys(("kind", "conversation_id", "system_id", "reviewer", "role"), str)


def _of(v: Verdict, review: Review) -> dict[str, Any]:
    item = v.item
    return {
        "kind": item.kind,
        "conversation_id": item.conversation_id,
        "system_id": item.system_id,
        "reviewer": f"reviewer-{review.person_id}",
        "role": review.role,
    }


def _all(v: Verdict) -> list[tuple[Review, bool]]:
    return [*((r, True) for r in v.reviews), *((r, False) for r in v.surplus), *([(v.third, True)] if v.third else [])]


def _bytes(table: pl.DataFrame, form: Format) -> bytes:
    import polars as pl

    buffer = io.BytesIO()
    if form == "parquet":
        table.write_parquet(buffer, compression="zstd")
    elif form == "jsonl":
        table.write_ndjson(buffer)
    else:  # a cell holds one value: lists are joined; a leading quote keeps spreadsheets from running a text as a formula
        flat = table.with_columns(pl.col(n).list.join("; ") for n, kind in table.schema.items() if kind == pl.List(pl.String))
        risky = pl.col(pl.String).str.contains(r"^[=+\-@\t]")
        flat.with_columns(pl.when(risky).then("'" + pl.col(pl.String)).otherwise(pl.col(pl.String)).name.keep()).write_csv(buffer)
    return buffer.getvalue()
