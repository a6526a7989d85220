"""Answers: read from a form, checked, added to the log. The latest counts; a form sent twice is one answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tidelab.study.design import DECLINED, Design
from tidelab.study.parts import Question
from tidelab.study.steps import Step
from tidelab.study.tables import answers
from tidelab.web.database import now
from tidelab.web.words import Words

TEXT = 2_000
"""Characters of a text that is kept; the field takes no more."""
OWN = "_own"
"""Added to a question's name: the field of its own words."""
Given = dict[str, Any]


def read(form: Mapping[str, list[str]], step: Step) -> Given:
    """{question: value} of what was sent; whatever is no answer to the step's questions is left out, as if not given."""
    given: Given = {}
    for question in step.questions:
        sent = form.get(question.name, [])
        if not question.options:
            if question.name in form:
                given[question.name] = sent[0].strip()[:TEXT]
            continue
        known = [*question.options, *([DECLINED] if question.decline else [])]
        if question.many:
            if question.name in form:  # also where no box is ticked: a hidden field has its name
                given[question.name] = [value for value in known if value in sent]
        elif sent and sent[0] in known:
            given[question.name] = sent[0]
            if question.other and sent[0] == question.other:
                given[question.name + OWN] = form.get(question.name + OWN, [""])[0].strip()[:200]
    return given


def missing(given: Given, step: Step, say: Words) -> dict[str, str]:
    """{question: what to do about it} for a page that can't be left yet."""
    wrong = {}
    for question in step.questions:
        if question.required and given.get(question.name) in (None, "", []):
            wrong[question.name] = say("choose" if question.options else "write", question=question.ask)
    return wrong


def latest(connection: sa.Connection, participant_id: int, step: str) -> Given:
    """What counts of a page."""
    newest = sa.select(sa.func.max(answers.c.id)).where(answers.c.participant_id == participant_id, answers.c.step == step)
    rows = connection.execute(sa.select(answers.c.question, answers.c.value).where(answers.c.id.in_(newest.group_by(answers.c.question))))
    return {row.question: row.value for row in rows}


def add(connection: sa.Connection, participant_id: int, step: Step, given: Given) -> int:
    """Adds what is new or changed; returns how many rows that is. The caller holds the participant's row."""
    known = latest(connection, participant_id, step.key)
    showing = step.showings[0] if step.kind == "rate" else None
    rows = [
        {
            "participant_id": participant_id,
            "at": now(),
            "step": step.key,
            "question": question,
            "value": value,
            "conversation_id": showing.conversation_id if showing else step.showings[0].conversation_id if step.showings else None,
            "system_id": showing.system_id if showing else None,
            "shown": step.shown,
        }
        for question, value in given.items()
        if question not in known or known[question] != value
    ]
    if rows:
        connection.execute(sa.insert(answers), rows)
    return len(rows)


def agreed(design: Design) -> dict[str, str]:
    """What is stored beside a yes: which text it was said to."""
    return {"version": design.consent.version, "sha256": hashlib.sha256(design.consent.text.encode()).hexdigest()}


def excluded(given: Given, questions: tuple[Question, ...]) -> bool:
    """Whether an answer to the screening means that one can't take part."""
    return any(given.get(q.name) in q.excludes for q in questions)


def understood(given: Given, questions: tuple[Question, ...]) -> bool:
    """Whether all answers of the comprehension check are right."""
    return all(given.get(q.name) == q.right for q in questions)
