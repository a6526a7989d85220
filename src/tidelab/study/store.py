"""The study's store: its database, and the versions of the study that answers were given to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from tidelab.errors import TidelabError
from tidelab.study.assign import Form, Place, Showing
from tidelab.study.design import Design
from tidelab.study.items import Stimulus
from tidelab.study.tables import audit, participants, state, versions
from tidelab.web.database import Database, now
from tidelab.web.migrate import migrate


@dataclass(frozen=True)
class Version:
    """A study as it was when somebody began it: design and texts."""

    id: int
    design: Design
    stimuli: dict[tuple[str, str], Stimulus] = field(repr=False)

    @cached_property
    def themes(self) -> dict[str, str]:
        """Theme of each item."""
        return {s.conversation_id: s.theme for s in self.stimuli.values()}

    @cached_property
    def topics(self) -> list[str]:
        """The themes that can be left out."""
        return sorted({theme for theme in self.themes.values() if theme})


def open_database(url: str) -> Database:
    """The study's database with its tables as this tidelab wants them."""
    database = Database(url)
    migrate(database, "web", "study")
    return database


def install(database: Database, design: Design, stimuli: list[Stimulus], *, new_version: bool = False) -> int:
    """Makes `design` the version that new participants get; its id.

    TidelabError where people have begun another version, unless `new_version`: then both are kept, each with its own participants.
    """
    texts = [s.row() for s in stimuli]
    sha = _hash(design, texts)
    with database.write(alone=True) as connection:
        known = connection.execute(sa.select(versions.c.id).where(versions.c.sha256 == sha)).scalar()
        newest = connection.execute(sa.select(sa.func.max(versions.c.id))).scalar()
        document = design.model_dump(mode="json")
        if known is not None and known == newest:  # what may change without a new version: the number wanted, retention
            connection.execute(sa.update(versions).where(versions.c.id == known).values(design=document))
            return int(known)
        begun = connection.execute(sa.select(sa.func.count()).select_from(participants)).scalar_one()
        if begun and not new_version:
            raise TidelabError(
                f"the study has changed since {begun} participant{'s' if begun > 1 else ''} began it",
                where="study.yaml",
                mend="put it back as it was; or give --new-version: both are kept, and new participants get the new one",
            )
        if known is not None:
            raise TidelabError(
                "this is an earlier version of the study, and a later one has participants",
                where="study.yaml",
                mend="change something that tells the versions apart, such as consent.version, and give --new-version",
            )
        values = {"sha256": sha, "design": document, "stimuli": texts, "created": now()}
        note(connection, f"version {sha[:8]} of the study installed")
        return int(connection.execute(sa.insert(versions).values(values).returning(versions.c.id)).scalar_one())


def version(connection: sa.Connection, version_id: int | None = None) -> Version:
    """A version, by default the newest. TidelabError where there is none."""
    query = sa.select(versions).order_by(versions.c.id.desc()).limit(1)
    row = connection.execute(query if version_id is None else query.where(versions.c.id == version_id)).first()
    if row is None:
        raise TidelabError("the study has not been served yet", where="database", mend="start it once: `tide study serve --run RUN`")
    stimuli = [Stimulus(**s) for s in row.stimuli]
    return Version(row.id, Design.model_validate(row.design), {(s.conversation_id, s.system_id): s for s in stimuli})


def places(connection: sa.Connection, found: Version) -> list[Place]:
    """The log of places of a version: of simulated sessions too, which live in databases of their own."""
    p = participants.c
    reserved = 60 * found.design.reservation_minutes
    query = sa.select(p.form, p.seen, p.completed, p.status).where(p.version_id == found.id, p.form.is_not(None), rates(p)).order_by(p.id)
    return [
        Place(r.form["group"], r.form["block"], r.form["row"], _later(r.seen, reserved), r.completed is not None)
        for r in connection.execute(query)
        if r.status in ("active", "completed")
    ]


def rates(p: Any) -> sa.ColumnElement[bool]:
    """Of the participants' columns: not somebody who left out all topics; they have nothing to rate, so they fill no place."""
    return sa.func.coalesce(sa.cast(p.pages, sa.Text), "") != "[]"


def form_of(value: dict[str, int]) -> Form:
    """A Form as the database keeps it."""
    return Form(**value)


def pages_of(value: list[dict[str, Any]] | None) -> list[Showing] | None:
    """Showings as the database keeps them; None before they are decided."""
    return None if value is None else [Showing(**s) for s in value]


def note(connection: sa.Connection, what: str, subject: str = "") -> None:
    """A line of the audit log. It holds nothing personal: `subject` is a hash or empty."""
    connection.execute(sa.insert(audit).values(at=now(), what=what, subject=subject))


def get(connection: sa.Connection, key: str, default: str = "") -> str:
    """A value of the study's state."""
    found = connection.execute(sa.select(state.c.value).where(state.c.key == key)).scalar()
    return default if found is None else str(found)


def put(connection: sa.Connection, key: str, value: str) -> None:
    """Sets a value of the study's state."""
    if not connection.execute(sa.update(state).where(state.c.key == key).values(value=value)).rowcount:
        connection.execute(sa.insert(state).values(key=key, value=value))


def _later(moment: datetime, seconds: int) -> datetime:
    from datetime import timedelta

    return moment + timedelta(seconds=seconds)


def _hash(design: Design, texts: list[dict[str, str]]) -> str:
    import hashlib
    import json

    return hashlib.sha256(json.dumps([design.sha256(), texts], sort_keys=True).encode()).hexdigest()[:32]
