"""Who may come in: personal links, and the sessions that they are exchanged for."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tidelab.errors import TidelabError
from tidelab.web.database import Database, now
from tidelab.web.tables import links, people, sessions

SESSION_HOURS = 12


@dataclass(frozen=True)
class Visitor:
    """A person who has signed in."""

    person_id: int
    name: str
    role: str
    csrf: str
    """What every form of this session must send back."""


def hashed(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def invite(database: Database, name: str, role: str, days: float) -> tuple[str, datetime]:
    """(token of a new link, when it expires). A known name gets one more link; TidelabError if the name has another role."""
    name = " ".join(name.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise TidelabError("a name has 1 to 100 printable characters", where="NAME", mend="give a name that you will know the person by")
    token, expires = secrets.token_urlsafe(32), now() + timedelta(days=days)
    with database.write(alone=True) as connection:
        known = connection.execute(sa.select(people.c.id, people.c.role).where(people.c.name == name)).first()
        if known and known.role != role:
            raise TidelabError(
                f"`{name}` is already invited as {known.role}: nobody may judge an item twice in two roles",
                where="NAME",
                mend=f"invite another person as {role}, or this one with --role {known.role}",
            )
        added = known or connection.execute(sa.insert(people).values(name=name, role=role, created=now()).returning(people.c.id)).one()
        connection.execute(sa.insert(links).values(person_id=added.id, token_hash=hashed(token), created=now(), expires=expires))
    return token, expires


def revoke(database: Database, name: str) -> int:
    """Ends all links and sessions of a person; returns how many links were live. What the person saved stays."""
    with database.write() as connection:
        person = connection.execute(sa.select(people.c.id).where(people.c.name == " ".join(name.split()))).scalar()
        if person is None:
            known = ", ".join(f"`{n}`" for n in connection.execute(sa.select(people.c.name).order_by(people.c.name)).scalars()) or "nobody"
            raise TidelabError(f"nobody is called `{name}`", where="NAME", mend=f"give one of the invited: {known}")
        theirs = sa.select(links.c.id).where(links.c.person_id == person)
        connection.execute(sa.delete(sessions).where(sessions.c.link_id.in_(theirs)))
        ended = connection.execute(sa.update(links).where(links.c.person_id == person, links.c.revoked.is_(None)).values(revoked=now()))
        return ended.rowcount


def enter(database: Database, token: str) -> str | None:
    """Exchanges a link's token for a new session's; None if the link is unknown, expired or revoked (the caller can't tell which)."""
    session = secrets.token_urlsafe(32)
    with database.write() as connection:
        link = connection.execute(
            sa.select(links.c.id, links.c.expires).where(
                links.c.token_hash == hashed(token), links.c.revoked.is_(None), links.c.expires > now()
            )
        ).first()
        if link is None:
            return None
        connection.execute(sa.delete(sessions).where(sessions.c.expires < now()))
        expires = min(link.expires, now() + timedelta(hours=SESSION_HOURS))
        values = {"link_id": link.id, "token_hash": hashed(session), "csrf": secrets.token_urlsafe(32), "expires": expires}
        connection.execute(sa.insert(sessions).values(values))
    return session


def visitor(database: Database, session: str) -> Visitor | None:
    """Whose session it is, if it is still good."""
    query = (
        sa.select(people.c.id, people.c.name, people.c.role, sessions.c.csrf)
        .select_from(sessions.join(links).join(people))
        .where(sessions.c.token_hash == hashed(session), sessions.c.expires > now(), links.c.revoked.is_(None))
    )
    with database.read() as connection:
        found = connection.execute(query).first()
    return Visitor(found.id, found.name, found.role, found.csrf) if found else None


def leave(database: Database, session: str) -> None:
    """Ends one session."""
    with database.write() as connection:
        connection.execute(sa.delete(sessions).where(sessions.c.token_hash == hashed(session)))
