"""Who gets which item: two reviewers to each, independently; a third where they differ. Reservations expire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tidelab.review.answers import Answer, missing, save
from tidelab.review.tables import assignments, items
from tidelab.review.verdicts import disputes, reviews
from tidelab.web.database import Database, now
from tidelab.web.people import Visitor

REVIEWS = 2
RESERVED = timedelta(hours=2)
REVIEWER, ADJUDICATOR, ADMINISTRATOR = ROLES = ("reviewer", "adjudicator", "administrator")


class Closed(Exception):  # noqa: N818 (an answer that comes too late is no error of ours)
    """The item can no longer be answered; the text says why."""


def take(database: Database, visitor: Visitor) -> int | None:
    """The next item for a visitor, reserved for two hours; None if there is nothing for them now.

    An item that they began comes first. Then: fewest completed answers first, then fewest reserved, then the shuffled order.
    """
    places = REVIEWS if visitor.role == REVIEWER else 1
    a = assignments
    completed = sa.func.count(a.c.finished)
    reserved = sa.func.count(sa.case((sa.and_(a.c.finished.is_(None), a.c.reserved_until > now(), a.c.person_id != visitor.person_id), 1)))
    mine = sa.func.max(sa.case((a.c.person_id == visitor.person_id, 1), else_=0))
    done_by_me = sa.select(a.c.item_id).where(
        a.c.person_id == visitor.person_id, sa.or_(a.c.finished.is_not(None), a.c.role != visitor.role)
    )
    query = (
        sa.select(items.c.id)
        .select_from(items.outerjoin(a, sa.and_(a.c.item_id == items.c.id, a.c.role == visitor.role)))
        .where(items.c.retired.is_(None), items.c.id.not_in(done_by_me))
        .group_by(items.c.id, items.c.position)
        .having(completed + reserved < places)
        .order_by(mine.desc(), completed, reserved, items.c.position, items.c.id)
        .limit(1)
    )
    if visitor.role == ADJUDICATOR:
        query = query.where(items.c.dispute.is_not(None), items.c.dispute != "")
    with database.write(alone=True) as connection:
        item_id = connection.execute(query).scalar()
        if item_id is not None:
            _reserve(connection, item_id, visitor)
    return item_id


def _reserve(connection: sa.Connection, item_id: int, visitor: Visitor) -> None:
    until = now() + RESERVED
    own = (assignments.c.item_id == item_id, assignments.c.person_id == visitor.person_id)
    if not connection.execute(sa.update(assignments).where(*own).values(reserved_until=until)).rowcount:
        values = {"item_id": item_id, "person_id": visitor.person_id, "role": visitor.role, "reserved_until": until}
        connection.execute(sa.insert(assignments).values(values))


def find(connection: sa.Connection, item_id: int, visitor: Visitor, *, lock: bool = False) -> tuple[Any, Any] | None:
    """(item, assignment) where the item was given to the visitor; None for everybody else's items."""
    own = (assignments.c.item_id == item_id, assignments.c.person_id == visitor.person_id, assignments.c.role == visitor.role)
    query = sa.select(assignments).where(*own)
    assignment = connection.execute(query.with_for_update() if lock else query).first()
    if assignment is None:
        return None
    return connection.execute(sa.select(items).where(items.c.id == item_id)).one(), assignment


def closed(connection: sa.Connection, item: Any, visitor: Visitor) -> str:
    """Why a visitor's answer to an item can't be changed any more, or nothing."""
    if item.retired is not None:
        return "This text has been replaced in the corpus since. What you saved of it is kept."
    others = (assignments.c.item_id == item.id, assignments.c.role == ADJUDICATOR, assignments.c.finished.is_not(None))
    if visitor.role == REVIEWER and connection.execute(sa.select(assignments.c.id).where(*others)).first():
        return "A third reviewer has decided on this item, so your answer stays as it was."
    return ""


def answer(database: Database, item_id: int, visitor: Visitor, form: dict[str, list[str]], *, final: bool) -> tuple[Answer, dict[str, str]]:
    """Saves a form; (the answer, what is missing). An incomplete final answer stays a draft. Closed, or LookupError for a strange item."""
    from tidelab.review import answers

    with database.write() as connection:
        found = find(connection, item_id, visitor, lock=True)
        if found is None:
            raise LookupError(item_id)
        item, assignment = found
        if reason := closed(connection, item, visitor):
            raise Closed(reason)
        given = answers.read(form, item)
        wrong = missing(given) if final else {}
        complete = final and not wrong
        save(connection, assignment.id, given, item, final=complete)
        changes = {"reserved_until": now() + RESERVED}
        if complete and assignment.finished is None:
            changes["finished"] = now()
        connection.execute(sa.update(assignments).where(assignments.c.id == assignment.id).values(changes))
        if complete and visitor.role == REVIEWER:
            _settle(connection, item)
    return given, wrong


def _settle(connection: sa.Connection, item: Any) -> None:
    """Notes whether the item's two reviewers agree, once both have answered."""
    connection.execute(sa.select(items.c.id).where(items.c.id == item.id).with_for_update())  # two may finish at one moment
    pair = reviews(connection, item.id)[:REVIEWS]
    if len(pair) == REVIEWS:
        dispute = "\n".join(disputes(pair[0].answer, pair[1].answer))
        connection.execute(sa.update(items).where(items.c.id == item.id).values(dispute=dispute))
