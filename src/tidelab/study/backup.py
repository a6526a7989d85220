"""Backup and restore: all tables as one compressed file with a checksum. A restore replays the withdrawals, so that nobody comes back."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tidelab.errors import TidelabError
from tidelab.run import atomic
from tidelab.study import store
from tidelab.study.people import forgotten
from tidelab.study.tables import adverse, answers, audit, participants, recruits, state, versions, visits
from tidelab.web.database import Database, Moment, now

TABLES = (versions, participants, recruits, visits, answers, adverse, audit, state)
FORMAT = 1


def backup(database: Database, path: Path) -> dict[str, int]:
    """Writes what is in the database at one moment; rows by table. The file is for its owner alone, as the database is."""
    with database.engine.connect().execution_options(**({} if database.sqlite else {"isolation_level": "REPEATABLE READ"})) as connection:
        rows = {t.name: [_plain(r) for r in connection.execute(sa.select(t))] for t in TABLES}
    body = json.dumps({"format": FORMAT, "made": now().isoformat(), "tables": rows}, ensure_ascii=False).encode()
    head = json.dumps({"tidelab_study_backup": FORMAT, "sha256": hashlib.sha256(body).hexdigest()}).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        atomic.write_bytes(path, gzip.compress(head + b"\n" + body, mtime=0))
        path.chmod(0o600)
    except OSError as error:
        raise TidelabError(f"can't be written: {error.strerror}", where=str(path), mend="give --out a file that you may write") from None
    return {name: len(found) for name, found in rows.items()}


def restore(database: Database, path: Path, *, folder: Path | None) -> dict[str, int]:
    """Fills an empty database, then deletes everybody who has withdrawn since: {rows by table, and `withdrawn`}.

    Who has withdrawn stands in `withdrawals.log` of `folder` and in the backup's own audit log. TidelabError where that file is missing:
    whoever knows that nobody has withdrawn makes an empty one.
    """
    tables = _read(path)
    gone = {row["subject"] for row in tables[audit.name] if row["subject"]}
    if folder is not None:
        log = folder / "withdrawals.log"
        if not log.exists():
            raise TidelabError(
                "the list of withdrawals is missing, and without it people who have withdrawn would come back",
                where=str(log),
                mend="put it back beside the database; or make an empty file of that name, if nobody has withdrawn since the backup",
            )
        gone |= set(log.read_text().split())
    with database.write(alone=True) as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(versions)).scalar_one():
            mend = "give --database the URL of an empty one; nothing is ever overwritten"
            raise TidelabError("the database already holds a study", where=database.name, mend=mend)
        for table in TABLES:
            if tables[table.name]:
                connection.execute(sa.insert(table), [_typed(table, row) for row in tables[table.name]])
        if not database.sqlite:  # ids were given; what counts them must go on after the highest
            for table in TABLES[:-1]:
                count = sa.text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))")
                if tables[table.name]:
                    connection.execute(count)
        names = connection.execute(sa.select(participants.c.name)).scalars().all()
        withdrawn = [n for n in names if forgotten(n) in gone]
        for name in withdrawn:
            connection.execute(sa.delete(participants).where(participants.c.name == name))
            store.note(connection, "withdrawn before the restore, deleted again", forgotten(name))
        store.note(connection, "restored from a backup")
    return {name: len(rows) for name, rows in tables.items()} | {"withdrawn": len(withdrawn)}


def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        head, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
        told = json.loads(head)
        if hashlib.sha256(body).hexdigest() != told["sha256"]:
            raise ValueError("its checksum is wrong")
        document = json.loads(body)
        if document["format"] != FORMAT:
            raise ValueError(f"it has format {document['format']}")
        tables: dict[str, list[dict[str, Any]]] = {t.name: document["tables"][t.name] for t in TABLES}
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise TidelabError(
            f"is no whole backup of a study: {error}", where=str(path), mend="give a file that `tide study backup` wrote"
        ) from None
    return tables


def _plain(row: Any) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row._mapping.items()}


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    moments = {c.name for c in table.columns if isinstance(c.type, Moment)}
    return {k: datetime.fromisoformat(v) if k in moments and v is not None else v for k, v in row.items()}
