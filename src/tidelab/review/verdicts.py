"""What came of an item: its reviews, where they differ, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tidelab.records import Decision
from tidelab.review.answers import Answer, answer_of, with_text
from tidelab.review.scales import APART, REASONS, SCALES
from tidelab.review.tables import answers, assignments, items


@dataclass(frozen=True)
class Review:
    """One person's latest complete answer to one item."""

    item_id: int
    person_id: int
    role: str
    finished: datetime
    at: datetime
    answer: Answer


@dataclass
class Verdict:
    """An item with everything that was said of it."""

    item: Any
    reviews: list[Review] = field(default_factory=list)
    """The two that count, in the order in which they were first finished."""
    surplus: list[Review] = field(default_factory=list)
    """Answers that came in after a reservation had expired and two others had answered: kept, not counted."""
    third: Review | None = None

    @property
    def dispute(self) -> list[str]:
        """Why a third reviewer is asked; empty where two agree or have not both answered."""
        return disputes(self.reviews[0].answer, self.reviews[1].answer) if len(self.reviews) == 2 else []

    def decision(self) -> Decision:
        """The decision, or what it waits for."""
        settled, by = None, "awaits reviews"
        if self.third:
            settled, by = self.third.answer, "third reviewer"
        elif self.dispute:
            by = "awaits third reviewer"
        elif len(self.reviews) == 2:
            settled, by = self.reviews[0].answer, "agreement"
        given = [settled] if self.third and settled else [r.answer for r in self.reviews]
        rejected = settled is not None and settled.decision == "reject"
        return Decision(
            kind=self.item.kind,
            conversation_id=self.item.conversation_id,
            system_id=self.item.system_id,
            sha256=self.item.sha256,
            decision="undecided" if settled is None else "rejected" if rejected else "approved",
            by=by,
            reviews=len(self.reviews),
            reasons=_reasons(given) if rejected else [],
            person=None if settled is None or rejected else settled.person,
            chatbot=None if settled is None or rejected else settled.chatbot,
        )


def disputes(first: Answer, second: Answer) -> list[str]:
    """Where two answers differ so much that a third person decides: decision, ratings two or more apart, or revised text."""
    found = []
    if first.decision != second.decision:
        found.append("One approved and one rejected")
    elif first.decision == "approve" and first.text != second.text:
        found.append("The text was revised by one, or differently by both")
    for scale in SCALES:
        one, other = first.ratings[scale.name], second.ratings[scale.name]
        if abs(one - other) >= APART:
            found.append(f"{scale.title}: {one} and {other}")
    return found


def reviews(connection: sa.Connection, item_id: int | None = None, role: str = "reviewer") -> list[Review]:
    """All complete reviews (of one item), first finished first."""
    newest = sa.select(sa.func.max(answers.c.id)).where(answers.c.final).group_by(answers.c.assignment_id)
    more = (assignments.c.item_id, assignments.c.person_id, assignments.c.role, assignments.c.finished)
    query = with_text().add_columns(*more).where(assignments.c.role == role).order_by(assignments.c.finished, assignments.c.id)
    if item_id is not None:
        query = query.where(assignments.c.item_id == item_id)
        newest = newest.where(answers.c.assignment_id.in_(sa.select(assignments.c.id).where(assignments.c.item_id == item_id)))
    rows = connection.execute(query.where(answers.c.id.in_(newest)))
    return [Review(r.item_id, r.person_id, r.role, r.finished, r.at, answer_of(r)) for r in rows]


def verdicts(connection: sa.Connection) -> list[Verdict]:
    """Every item that is still in the run, by kind, conversation and system."""
    order = (items.c.kind, items.c.conversation_id, items.c.system_id, items.c.id)
    found = {item.id: Verdict(item) for item in connection.execute(sa.select(items).where(items.c.retired.is_(None)).order_by(*order))}
    for review in reviews(connection):
        if verdict := found.get(review.item_id):
            (verdict.reviews if len(verdict.reviews) < 2 else verdict.surplus).append(review)
    for review in reviews(connection, role="adjudicator"):
        if verdict := found.get(review.item_id):
            verdict.third = verdict.third or review
    return list(found.values())


def _reasons(given: list[Answer]) -> list[str]:
    """Reasons and comments, each once."""
    told = [REASONS[r] for answer in given for r in answer.reasons if r != "other"]
    told += [answer.comment for answer in given if answer.comment]
    return list(dict.fromkeys(told)) or ["no reason given"]
