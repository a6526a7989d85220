"""Database: SQLite beside the run, or PostgreSQL by URL. What is committed is on disk before anybody is told that it is saved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from tidelab.errors import TidelabError

BUSY_SECONDS = 20  # how long a writer waits for another one
CONNECTIONS = 48  # a page holds one for as long as it reads or writes; the server answers 40 pages at once


def now() -> datetime:
    """The time, in UTC, as every table keeps it."""
    return datetime.now(UTC)


class Moment(sa.TypeDecorator[datetime]):
    """A point in time, in UTC and aware of it; SQLite by itself would forget the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """From UTC."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """An open database. `url` is `sqlite:///FILE` or `postgresql://...`; TidelabError where it is neither, or can't be reached."""

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.name = self.url.render_as_string(hide_password=True)
        if self.sqlite:
            _private(Path(self.url.database or ""))
        try:
            # hide_parameters: an error's text must not carry an answer into a log
            self.engine = sa.create_engine(self.url, hide_parameters=True, pool_pre_ping=True, pool_size=CONNECTIONS, max_overflow=0)
        except ImportError:
            mend = "install the driver: pip install 'tidelab[postgres]'"
            raise TidelabError("PostgreSQL needs its driver `psycopg`, which is not installed", where=self.name, mend=mend) from None
        if self.sqlite:
            sa.event.listen(self.engine, "connect", _prepare)
            sa.event.listen(self.engine, "begin", _begin)
        try:
            with self.read():
                pass
        except DBAPIError as error:
            told = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
            mend = "give a file that can be written" if self.sqlite else "start the server, and check host, name, user and PGPASSWORD"
            raise TidelabError(f"the database can't be opened: {told}", where=self.name, mend=mend) from None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, alone: bool = False) -> Iterator[sa.Connection]:
        """A transaction that is durable once this returns. `alone`: no other such transaction runs meanwhile (SQLite: always so)."""
        with self.engine.connect().execution_options(tidelab_writes=True) as connection, connection.begin():
            if alone and not self.sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7439)"))  # any number will do, the same everywhere
            yield connection

    def close(self) -> None:
        """Lets all connections go."""
        self.engine.dispose()


def _parsed(url: str) -> URL:
    mend = "give sqlite:///FILE or postgresql://USER@HOST/NAME"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise TidelabError("the database's URL can't be read", where="--database", mend=mend) from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise TidelabError(f"`{parsed.drivername}` is no database that tidelab keeps answers in", where="--database", mend=mend)
    return parsed


def _private(path: Path) -> None:
    """Makes the file, for its owner's eyes only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        mend = "choose a place that you may write to"
        raise TidelabError(f"the database can't be made: {error.strerror}", where=str(path), mend=mend) from None


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={1000 * BUSY_SECONDS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # A writer asks for the lock at once: one that starts as a reader would meet "database is locked" instead of waiting.
    writes = connection.get_execution_options().get("tidelab_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
