"""What is reviewed: conversations that passed the checks, and systems' replies, out of the tables of `tide run` or `tide corpus write`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tidelab.errors import TidelabError
from tidelab.records import text_hash
from tidelab.review.tables import items
from tidelab.web.database import Database, now

if TYPE_CHECKING:
    from tidelab.run import RunDirectory

CHECK, READ, WRITE = "corpus/check", "corpus/read", "corpus/write"
REFERENCE = "reference"
FIRST = "finish the corpus first: `tide run`, which makes it before all else, or `tide corpus write`"
Row = dict[str, Any]


def fill(database: Database, run: RunDirectory, systems: list[str], *, limit: int | None = None) -> int:
    """Brings the review to what the run holds now; returns how many items are open to review.

    systems -- none: the corpus's conversations; else replies of these systems to the test conversations (`reference` is one).
    limit -- the first N conversations, in the review's shuffled order.
    An item whose text has changed in the run is retired, with its answers kept, and the new text enters as a new item.
    """
    kind = "reply" if systems else "conversation"
    wanted = {_key(row): row for row in (_replies(run, systems) if systems else _conversations(run))}
    if limit is not None:
        first = sorted({(row["position"], row["conversation_id"]) for row in wanted.values()})[:limit]
        chosen = {conversation_id for _, conversation_id in first}
        wanted = {key: row for key, row in wanted.items() if row["conversation_id"] in chosen}
    with database.write(alone=True) as connection:
        there = {
            (known.kind, known.conversation_id, known.system_id, known.sha256): known
            for known in connection.execute(sa.select(items).where(items.c.kind == kind))
        }
        new = [row for key, row in wanted.items() if key not in there]
        if new:
            connection.execute(sa.insert(items), new)
        gone = [known.id for key, known in there.items() if key not in wanted and known.retired is None]
        back = [known.id for key, known in there.items() if key in wanted and known.retired is not None]
        for ids, retired in ((gone, now()), (back, None)):
            for start in range(0, len(ids), 500):
                connection.execute(sa.update(items).where(items.c.id.in_(ids[start : start + 500])).values(retired=retired))
    return len(wanted)


def _conversations(run: RunDirectory) -> Iterator[Row]:
    people, situations = _described(run)
    for c in _table(run, WRITE if _only_written(run) else CHECK, "conversations", FIRST).to_dicts():
        yield _item("conversation", c, REFERENCE, c["chatbot"], people, situations)


def _replies(run: RunDirectory, systems: list[str]) -> Iterator[Row]:
    import polars as pl

    people, situations = _described(run)
    mend = "carry the run out as far as the replies: `tide score --run DIR`"
    tested = {
        c["conversation_id"]: c for c in _table(run, "corpus/split", "conversations", mend).filter(pl.col("split") == "test").to_dicts()
    }
    for system in dict.fromkeys(systems):
        if system == REFERENCE:
            said = {key: c["chatbot"] for key, c in tested.items()}
        else:
            replies = _table(run, f"replies/{system}", "replies", f"{mend}; or give systems of this run", "--replies")
            said = {r["conversation_id"]: r["text"] for r in replies.to_dicts() if (r["text"] or "").strip()}
        for key in sorted(said.keys() & tested.keys()):
            yield _item("reply", tested[key], system, said[key], people, situations)


def _item(kind: str, c: Row, system: str, chatbot: str, people: dict[str, Row], situations: dict[str, Row]) -> Row:
    return {
        "kind": kind,
        "conversation_id": c["conversation_id"],
        "system_id": system,
        "sha256": text_hash(c["person"], chatbot),
        "persona": people.get(c["persona_id"], {}),
        "scenario": situations.get(c["scenario_id"]) or {"theme": c["theme"], "risk": c["risk"]},
        "person": c["person"],
        "chatbot": chatbot,
        "position": _shuffled(f"{kind} {c['conversation_id']} {system}"),
        "added": now(),
    }


def _key(row: Row) -> tuple[str, str, str, str]:
    return row["kind"], row["conversation_id"], row["system_id"], row["sha256"]


def _shuffled(name: str) -> int:
    """A place in an order that has nothing to do with personas, and is the same wherever it is computed."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1


def _described(run: RunDirectory) -> tuple[dict[str, Row], dict[str, Row]]:
    """Personas and scenarios by id, as JSON can hold them, without what is empty."""

    def plain(row: Row) -> Row:
        kept: Row = json.loads(json.dumps({k: v for k, v in row.items() if v not in (None, "", [])}))
        return kept

    cell = WRITE if _only_written(run) else READ
    people = {p["persona_id"]: plain(p) for p in _table(run, cell, "personas", FIRST).to_dicts()}
    return people, {s["scenario_id"]: plain(s) for s in _table(run, cell, "scenarios", FIRST).to_dicts()}


def _only_written(run: RunDirectory) -> bool:
    """Is it a run of `tide corpus write`? Its conversations passed the checks when they were written."""
    return run.done(READ) is None and run.done(WRITE) is not None


def _table(run: RunDirectory, cell: str, table: str, mend: str, where: str = "") -> Any:
    import polars as pl

    if run.done(cell) is None:
        raise TidelabError(f"the run has no finished `{cell}`", where=where or str(run.path), mend=mend)
    return pl.read_parquet(run.cell_dir(cell) / f"{table}.parquet")
