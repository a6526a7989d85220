"""Participants: how they come in, how they are known again, how they go."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from tidelab.study import store
from tidelab.study.export import forget
from tidelab.study.store import Version
from tidelab.study.tables import audit, participants, recruits, versions
from tidelab.web.database import Database, now
from tidelab.web.people import hashed

ROLES = ("lay", "lived", "clinician")
CHANNELS = {"prolific": "PROLIFIC_PID", "sona": "survey_code"}
"""Recruiting services, and the parameter by which each names a person."""
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of completion codes: nothing that reads like something else."""
LEAP = timedelta(days=31)
"""Since the clock was last seen: a longer step is not believed where it would delete somebody."""
ENDED = ("declined", "screened_out", "failed_check", "completed")


class Refused(Exception):  # noqa: N818 (nobody's error)
    """Somebody can't come in; its text is the key of the words that say why."""


@dataclass(frozen=True)
class Person:
    """A participant whose link or cookie was good."""

    id: int
    name: str
    csrf: str
    status: str
    row: Any


def blank(
    version_id: int, *, kind: str, language: str, role: str = "lay", country: str = "", status: str = "active"
) -> tuple[str, dict[str, Any]]:
    """(token, row) of a new participant."""
    token, moment = secrets.token_urlsafe(32), now()
    return token, {
        "version_id": version_id,
        "name": secrets.token_hex(8),
        "token_hash": hashed(token),
        "csrf": secrets.token_urlsafe(32),
        "code": "".join(secrets.choice(ALPHABET) for _ in range(10)),
        "kind": kind,
        "role": role,
        "country": country,
        "language": language,
        "status": status,
        "furthest": 0,
        "tries": 0,
        "left_out": [],
        "started": moment,
        "seen": moment,
    }


def join(
    database: Database, version: Version, *, kind: str, language: str, country: str = "", external: tuple[str, str] | None = None
) -> str:
    """Lets somebody in; the token of their one session. Refused if the study is paused, closed or full, or they have been here."""
    with database.write(alone=True) as connection:
        _open(connection, version)
        if (
            external
            and connection.execute(
                sa.select(recruits.c.id).where(recruits.c.channel == external[0], recruits.c.external_id == external[1])
            ).first()
        ):
            raise Refused("begun_already")
        token, row = blank(version.id, kind=kind, language=language, country=country)
        added = connection.execute(sa.insert(participants).values(row).returning(participants.c.id)).scalar_one()
        if external:
            connection.execute(sa.insert(recruits).values(participant_id=added, channel=external[0], external_id=external[1]))
    return token


def invite(database: Database, role: str, count: int, *, kind: str = "real") -> list[str]:
    """Tokens of `count` new links, each for one session of one person in a role."""
    with database.write() as connection:
        version = store.version(connection)
        made = [blank(version.id, kind=kind, language=version.design.language, role=role, status="invited") for _ in range(count)]
        connection.execute(sa.insert(participants), [row for _, row in made])
        store.note(connection, f"{count} links for the role {role} made")
    return [token for token, _ in made]


def find(database: Database, token: str) -> Person | None:
    """Whose token it is."""
    with database.read() as connection:
        row = connection.execute(sa.select(participants).where(participants.c.token_hash == hashed(token))).first()
    return Person(row.id, row.name, row.csrf, row.status, row) if row else None


def arrive(database: Database, token: str, language: str) -> Person | None:
    """By a personal link; an invited participant's session begins here, in the language that their browser asks for.

    Refused, for the time being, where nobody new comes in; who has begun comes back.
    """
    person = find(database, token)
    if person and person.status == "invited":
        begun = {"status": "active", "language": language, "started": now(), "seen": now()}
        with database.write(alone=True) as connection:
            own = (participants.c.id == person.id, participants.c.status == "invited")
            if connection.execute(sa.select(participants.c.id).where(*own)).first() is not None:  # no second click came between
                _open(connection, store.version(connection, person.row.version_id))
                connection.execute(sa.update(participants).where(*own).values(begun))
        return find(database, token)
    return person


def speak(database: Database, person: Person, language: str) -> None:
    """Changes the language of a session in which nothing has been answered yet; later it stays, as the consent was given in it."""
    with database.write() as connection:
        own = (participants.c.id == person.id, participants.c.status == "active", participants.c.furthest == 0)
        connection.execute(sa.update(participants).where(*own).values(language=language))


def back(returns: Mapping[str, str], channel: str, external_id: str, person: Person) -> str:
    """Where somebody whom a recruiting service sent goes at the end; empty where the study doesn't say.

    `{id}` is by which name the service knows them (SONA grants its credit to it), in a form that can't change the rest of the address.
    """
    return returns.get(channel, "").replace("{code}", person.row.code).replace("{id}", quote(external_id, safe=""))


def settle(database: Database, person: Person, country: str) -> None:
    """Where a participant is: it decides which services they are shown, and nothing else."""
    with database.write() as connection:
        connection.execute(sa.update(participants).where(participants.c.id == person.id).values(country=country))


def withdraw(database: Database, name: str, *, folder: Path | None, why: str = "withdrawn by the participant") -> bool:
    """Deletes everything of a participant, for good; False if nobody is called so.

    The audit log and `withdrawals.log` in `folder` keep a hash of the random name, so that a restored backup deletes the person again.
    Tables that exports left in the run go too where they hold the person.
    """
    with database.write() as connection:
        found = connection.execute(sa.select(participants.c.id).where(participants.c.name == name).with_for_update()).scalar()
        if found is None:
            return False
        if folder is not None:
            remember(folder, name)  # before the deletion, so that a crash between the two can't bring anybody back
            for told in forget(folder, name):
                store.note(connection, told)
        connection.execute(sa.delete(participants).where(participants.c.id == found))
        store.note(connection, why, forgotten(name))
    return True


def withdraw_external(database: Database, channel: str, external_id: str, *, folder: Path | None) -> bool:
    """The same by the identity of a recruiting service."""
    with database.read() as connection:
        query = sa.select(participants.c.name).join(recruits).where(recruits.c.channel == channel, recruits.c.external_id == external_id)
        name = connection.execute(query).scalar()
    return name is not None and withdraw(database, name, folder=folder, why="withdrawn on request")


def retain(database: Database, *, folder: Path | None, sure: bool = False) -> int:
    """Enforces the retention period; returns how many participants' rows were deleted.

    A clock set to another year would delete everybody, for good. So where it has leapt by more than `LEAP` and somebody's time seems to be
    over, nobody is deleted and `clock` in the status tells it, until the clock is right again or somebody is `sure` that it is.
    """
    moment = now()
    with database.write(alone=True) as connection:
        old = _expired(connection, moment)
        last = _last_sign(connection) or moment
        doubted = bool(old) and not sure and moment - last > LEAP
        store.put(connection, "clock_doubt", f"{last:%Y-%m-%d} {moment:%Y-%m-%d}" if doubted else "")
        if doubted:
            return 0
        if sure:
            store.note(connection, f"the clock was said to be right: {moment:%Y-%m-%d}")
        store.put(connection, "clock", (moment if sure else max(moment, last)).isoformat())
    for name in old:
        withdraw(database, name, folder=folder, why="deleted at the end of the retention period")
    return len(old)


def _expired(connection: sa.Connection, moment: datetime) -> list[str]:
    """Names of those whose retention period is over."""
    days = {v.id: v.design["retention_days"] for v in connection.execute(sa.select(versions.c.id, versions.c.design))}
    rows = connection.execute(sa.select(participants.c.name, participants.c.version_id, participants.c.seen))
    return [r.name for r in rows if r.seen < moment - timedelta(days=days[r.version_id])]


def _last_sign(connection: sa.Connection) -> datetime | None:
    """When the clock was last believed; in a database that doesn't know it yet, when something last happened.

    Only the former where there is one: what people do under a wrong clock carries its date.
    """
    if known := store.get(connection, "clock"):
        return datetime.fromisoformat(known)
    newest = [connection.execute(sa.select(sa.func.max(c))).scalar() for c in (participants.c.seen, audit.c.at)]
    return max((m for m in newest if m is not None), default=None)


def forgotten(name: str) -> str:
    """What is kept of a withdrawn participant: a hash of a random name that stands nowhere else any more."""
    return hashlib.sha256(f"tidelab withdrawn {name}".encode()).hexdigest()


def remember(folder: Path, name: str) -> None:
    """Adds a line to the file that outlives the database."""
    import os

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "withdrawals.log").open("a") as file:
        file.write(forgotten(name) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _open(connection: sa.Connection, version: Version) -> None:
    condition = store.get(connection, "condition", "open")
    if condition != "open":
        raise Refused(condition)
    p = participants.c
    live = now() - timedelta(minutes=version.design.reservation_minutes)
    taken = sa.or_(p.status == "completed", sa.and_(p.status == "active", p.seen > live))
    count = connection.execute(sa.select(sa.func.count()).where(taken, store.rates(p), p.version_id == version.id)).scalar_one()
    target = int(store.get(connection, "target") or version.design.target)
    if count >= target:
        raise Refused("full")
