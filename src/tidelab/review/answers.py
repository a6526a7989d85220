"""An answer: read from a form, checked, and added to the log; the latest counts, and none is ever changed or removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tidelab.review.scales import REASONS, SCALES, VERSION
from tidelab.review.tables import answers, revisions
from tidelab.web.database import now

DECISIONS = ("approve", "reject")


@dataclass(frozen=True)
class Answer:
    """What one reviewer says of one item. `person` and `chatbot` are None where the text stays as it is."""

    ratings: dict[str, int] = field(default_factory=dict)
    decision: str = ""
    reasons: tuple[str, ...] = ()
    comment: str = ""
    person: str | None = None
    chatbot: str | None = None

    @property
    def text(self) -> tuple[str | None, str | None]:
        """The revision: (person, chatbot)."""
        return self.person, self.chatbot


def read(form: Mapping[str, list[str]], item: Any) -> Answer:
    """An answer out of a form's fields; whatever is no answer to the form's questions is left out, as if not given."""

    def first(name: str) -> str:
        return form.get(name, [""])[0]

    ratings = {s.name: int(first(s.name)) for s in SCALES if first(s.name) in ("1", "2", "3", "4", "5")}
    decision = first("decision") if first("decision") in DECISIONS else ""
    reasons = tuple(name for name in REASONS if name in form.get("reasons", []))
    texts: dict[str, str | None] = {"person": None, "chatbot": None}
    if item.kind == "conversation":
        for name in texts:
            said, stood = first(name).strip(), getattr(item, name).replace("\r\n", "\n").strip()
            texts[name] = said if name in form and said != stood else None
    return Answer(ratings, decision, reasons if decision == "reject" else (), first("comment").strip(), **texts)


def missing(answer: Answer) -> dict[str, str]:
    """{field: what to do about it} for an answer that can't be final yet."""
    wrong = {s.name: f"{s.title}: please choose one of the five" for s in SCALES if s.name not in answer.ratings}
    if not answer.decision:
        wrong["decision"] = "Decision: please approve or reject"
    if answer.decision == "reject" and not answer.reasons:
        wrong["reasons"] = "Reasons: please choose at least one reason for rejecting"
    if "other" in answer.reasons and not answer.comment:
        wrong["comment"] = "Comment: please say what else is the reason"
    for name, title in (("person", "The person's text"), ("chatbot", "The reply")):
        if getattr(answer, name) == "":
            wrong[name] = f"{title}: it can be changed, but not be empty"
    return wrong


def save(connection: sa.Connection, assignment_id: int, answer: Answer, item: Any, *, final: bool) -> None:
    """Adds the answer, unless it says exactly what the latest one says: a form sent twice is one answer."""
    known = latest(connection, [assignment_id]).get(assignment_id)
    if known and known[0] == answer and (known[1] or not final):
        return
    added = connection.execute(
        sa.insert(answers)
        .values(
            assignment_id=assignment_id,
            at=now(),
            final=final,
            scales=VERSION,
            ratings=answer.ratings,
            decision=answer.decision,
            reasons=list(answer.reasons),
            comment=answer.comment,
        )
        .returning(answers.c.id)
    ).scalar_one()
    if answer.text != (None, None):
        person = item.person if answer.person is None else answer.person
        chatbot = item.chatbot if answer.chatbot is None else answer.chatbot
        connection.execute(sa.insert(revisions).values(answer_id=added, person=person, chatbot=chatbot))


def latest(connection: sa.Connection, assignment_ids: list[int], *, final: bool = False) -> dict[int, tuple[Answer, bool]]:
    """The latest answer (only among final ones, if `final`) of each assignment, and whether it is final."""
    newest = sa.select(sa.func.max(answers.c.id)).where(answers.c.assignment_id.in_(assignment_ids)).group_by(answers.c.assignment_id)
    if final:
        newest = newest.where(answers.c.final)
    return {row.assignment_id: (answer_of(row), row.final) for row in connection.execute(with_text().where(answers.c.id.in_(newest)))}


def with_text() -> sa.Select[Any]:
    """Answers beside the texts of their revisions and of their items; `answer_of` reads its rows."""
    from tidelab.review.tables import assignments, items

    joined = answers.join(assignments).join(items).outerjoin(revisions, revisions.c.answer_id == answers.c.id)
    texts = (revisions.c.person, revisions.c.chatbot, items.c.person.label("item_person"), items.c.chatbot.label("item_chatbot"))
    return sa.select(answers, *texts).select_from(joined)


def answer_of(row: Any) -> Answer:
    """An Answer out of a row of `with_text`."""
    person = row.person if row.person != row.item_person else None
    chatbot = row.chatbot if row.chatbot != row.item_chatbot else None
    return Answer(row.ratings, row.decision, tuple(row.reasons), row.comment, person, chatbot)
