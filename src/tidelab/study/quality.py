"""Sessions that an analysis may want to leave out: flagged with the reason, never removed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import sqlalchemy as sa

from tidelab.study.steps import steps
from tidelab.study.store import Version, pages_of
from tidelab.study.tables import answers, participants, visits

FASTEST = 0.0


@dataclass
class Session:
    """A participant, their counting answers by step, and what is odd about them."""

    row: Any
    answers: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    """{step: {question: value}}: the latest of each."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Between a page's first showing and its first completion."""
    flags: list[str] = field(default_factory=list)


def judge(connection: sa.Connection, versions: dict[int, Version]) -> dict[str, Session]:
    """All sessions by the participant's name, with their flags."""
    rows = connection.execute(sa.select(participants).order_by(participants.c.id)).all()
    sessions = {row.id: Session(row) for row in rows}
    newest = sa.select(sa.func.max(answers.c.id)).group_by(answers.c.participant_id, answers.c.step, answers.c.question)
    for a in connection.execute(sa.select(answers).where(answers.c.id.in_(newest)).order_by(answers.c.id)):
        sessions[a.participant_id].answers[a.step][a.question] = a.value
    for v in connection.execute(sa.select(visits).where(visits.c.done.is_not(None))):
        sessions[v.participant_id].seconds[v.step] = (v.done - v.shown).total_seconds()
    for session in sessions.values():
        session.flags = flags(session, versions[session.row.version_id])
    return {session.row.name: session for session in sessions.values()}


def flags(session: Session, version: Version) -> list[str]:
    """Reasons, in words that stay the same: they are values of the exported tables."""
    found, design = [], version.design
    path = steps(design, pages_of(session.row.pages), version.topics)
    checks = [s for s in path if s.attention and "attention" in session.answers.get(s.key, {})]
    if any(session.answers[s.key]["attention"] != s.attention for s in checks):
        found.append("attention check failed")
    rated = [s.key for s in path if s.kind == "rate"]
    took = [session.seconds[key] for key in rated if key in session.seconds]
    if any(seconds < FASTEST for seconds in took):
        found.append("impossible times")
    if took and median(took) < design.minimum_seconds:
        found.append("too fast")
    scales = {s.name for s in design.scales}
    values = [v for key in rated for q, v in session.answers.get(key, {}).items() if q in scales]
    if straight(values, minimum=3 * len(scales)):
        found.append("straight-lining")
    if session.row.tries:
        found.append("second try at the comprehension check")
    if session.row.status != "completed":
        found.append("not finished")
    return found


def straight(values: list[Any], *, minimum: int = 8) -> bool:
    """Whether somebody gave one and the same answer to everything, `minimum` answers or more."""
    return len(values) >= minimum and len(set(values)) == 1
