"""ResponseStore: every answer of a provider, on disk before it is used, so that a killed run pays for nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import json
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tidelab.engines.base import Answer, Prompt
from tidelab.errors import TidelabError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers(
  key TEXT PRIMARY KEY, teacher TEXT NOT NULL, text TEXT, stop_reason TEXT NOT NULL, prompt_tokens INTEGER, reply_tokens INTEGER,
  seconds REAL, reason TEXT NOT NULL, model TEXT NOT NULL, cost REAL, calls INTEGER NOT NULL, form TEXT NOT NULL, batch INTEGER NOT NULL,
  written TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batches(
  batch_id INTEGER PRIMARY KEY, teacher TEXT NOT NULL, tag TEXT NOT NULL UNIQUE, handle TEXT UNIQUE, begun REAL NOT NULL,
  open INTEGER NOT NULL, form TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batch_requests(batch_id INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY(batch_id, key));
"""
_NAMES = tuple(field.name for field in fields(Answer) if field.name != "thinking_tokens")
_COLUMNS = ", ".join(_NAMES)


def key(teacher: str, prompt: Prompt, max_tokens: int) -> str:
    """What names a request in the store: a hash of who is asked, what, and which try it is. Not of the server's address."""
    asked = [teacher, prompt.messages, prompt.schema, prompt.attempt, max_tokens]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]


class ResponseStore:
    """A SQLite database (WAL, synchronous=FULL) with one writing thread, which commits whatever has come in since its last commit.

    A full disk is an OSError with ENOSPC, as of any other file. Close it after use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained():
            self._reader = sqlite3.connect(path, check_same_thread=False)
            self._reader.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;" + _SCHEMA)
        self._inbox: queue.SimpleQueue[tuple[tuple[Any, ...], asyncio.Future[None]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="response store", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Writes what was handed in and closes the database."""
        self._inbox.put(None)
        self._thread.join()
        self._reader.close()

    def get(self, key: str) -> Answer | None:
        """The stored answer of a request."""
        found = self._reader.execute(f"SELECT {_COLUMNS} FROM answers WHERE key = ?", (key,)).fetchone()
        return Answer(**dict(zip(_NAMES, found, strict=True)) | {"batch": bool(found[_NAMES.index("batch")])}) if found else None

    async def put(self, key: str, teacher: str, answer: Answer) -> None:
        """Returns when the answer is on disk."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put((_row(key, teacher, answer), done))
        await done

    def totals(self, teacher: str) -> dict[str, Any]:
        """Of a teacher's stored answers: answers, calls, prompt_tokens, reply_tokens, cost (None if one has none), batch (how many)."""
        row = self._reader.execute(
            "SELECT count(*), total(calls), total(prompt_tokens), total(reply_tokens), total(cost), count(cost), total(batch) FROM answers"
            " WHERE teacher = ?",
            (teacher,),
        ).fetchone()
        answers, calls, asked, replied, cost, priced, batch = row
        figures = {"answers": answers, "calls": int(calls), "prompt_tokens": int(asked), "reply_tokens": int(replied), "batch": int(batch)}
        return figures | {"cost": cost if priced == answers else None}

    def used(self, teacher: str) -> list[tuple[float | None, int | None, int | None, bool]]:
        """Of each of a teacher's stored answers: cost, tokens asked, tokens replied, and whether it came in a batch; see `budget.Used`."""
        return self._reader.execute("SELECT cost, prompt_tokens, reply_tokens, batch FROM answers WHERE teacher = ?", (teacher,)).fetchall()

    # Batches: a row is written before the provider is asked for one, its handle as soon as it is known.

    def begin_batch(self, teacher: str, tag: str, begun: float, form: str, keys: Sequence[str]) -> int:
        """Notes that a batch of these requests is about to be made; returns its number."""
        with self._explained(), self._reader:
            made = self._reader.execute(
                "INSERT INTO batches(teacher, tag, begun, open, form) VALUES(?,?,?,1,?)", (teacher, tag, begun, form)
            ).lastrowid
            self._reader.executemany("INSERT INTO batch_requests VALUES(?,?)", [(made, k) for k in keys])
        assert made is not None
        return made

    def hold_batch(self, batch_id: int, handle: str) -> None:
        """Keeps the provider's name of the batch."""
        with self._explained(), self._reader:
            self._reader.execute("UPDATE batches SET handle = ? WHERE batch_id = ?", (handle, batch_id))

    def end_batch(self, batch_id: int, teacher: str, answers: Iterable[tuple[str, Answer]]) -> None:
        """Stores a finished batch's answers and closes it, in one transaction."""
        with self._explained(), self._reader:
            self._reader.executemany(_INSERT, (_row(key, teacher, answer) for key, answer in answers))
            self._reader.execute("UPDATE batches SET open = 0 WHERE batch_id = ?", (batch_id,))

    def open_batches(self, teacher: str) -> list[tuple[int, str, str | None, float, str, list[str]]]:
        """(number, tag, handle or None, unix time, form, keys) of every batch not fetched yet, oldest first."""
        rows = self._reader.execute(
            "SELECT batch_id, tag, handle, begun, form FROM batches WHERE teacher = ? AND open = 1 ORDER BY batch_id", (teacher,)
        ).fetchall()
        of = "SELECT key FROM batch_requests WHERE batch_id = ?"
        return [(*row, [k for (k,) in self._reader.execute(of, (row[0],))]) for row in rows]

    def handles(self) -> set[str]:
        """Every handle ever held."""
        return {h for (h,) in self._reader.execute("SELECT handle FROM batches WHERE handle IS NOT NULL")}

    def _write(self) -> None:
        """The writing thread: one commit for all that waits, so that a disk's sync is shared by many answers."""
        database = sqlite3.connect(self.path)
        database.executescript("PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;")
        open_ = True
        while open_:
            waiting = [self._inbox.get()]
            with contextlib.suppress(queue.Empty):
                while True:
                    waiting.append(self._inbox.get_nowait())
            open_ = None not in waiting
            entries = [entry for entry in waiting if entry is not None]
            failure: Exception | None = None
            try:
                with self._explained(), database:
                    database.executemany(_INSERT, [row for row, _ in entries])
            except (OSError, TidelabError, sqlite3.Error) as error:
                failure = error
            for _, done in entries:
                with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile: nobody waits any more
                    done.get_loop().call_soon_threadsafe(_settle, done, failure)
        database.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0)
            if code == sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, "the disk is full", str(self.path)) from error
            if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                mend = "restore it from a backup, or move it away: its answers would then be asked for and paid again"
                raise TidelabError("is no readable response store", where=str(self.path), mend=mend) from error
            raise


_INSERT = f"INSERT OR IGNORE INTO answers(key, teacher, {_COLUMNS}) VALUES({','.join('?' * (2 + len(_NAMES)))})"


def _row(key: str, teacher: str, answer: Answer) -> tuple[Any, ...]:
    # a lone surrogate, as a broken server may send, has no UTF-8 form
    text = None if answer.text is None else answer.text.encode("utf-8", "replace").decode("utf-8")
    stored = replace(answer, text=text, written=datetime.now(UTC).isoformat(timespec="seconds"))
    return (key, teacher, *(getattr(stored, name) for name in _NAMES))


def _settle(done: asyncio.Future[None], failure: Exception | None) -> None:
    if not done.done():
        done.set_exception(failure) if failure else done.set_result(None)
