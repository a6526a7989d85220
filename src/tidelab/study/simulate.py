"""A study with simulated participants: as tables, or into a database of its own, as if they had come through the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tidelab.study import store
from tidelab.study.answers import agreed
from tidelab.study.assign import Form, Place, Showing, assign, showings
from tidelab.study.design import Design
from tidelab.study.minds import Mind, World, mind
from tidelab.study.people import blank
from tidelab.study.steps import Step, steps
from tidelab.study.tables import answers, participants, visits
from tidelab.web.database import Database, now

if TYPE_CHECKING:
    import polars as pl

PAGE = 25.0
"""Seconds to a rating page, on average."""


@dataclass(frozen=True)
class Session:
    """One simulated session: its mind, its pages, and how many of them were rated."""

    number: int
    mind: Mind
    form: Form
    pages: list[Showing]
    rated: int

    @property
    def finished(self) -> bool:
        """Whether it went to the end."""
        return self.rated == len(self.pages)


def sessions(design: Design, themes: Mapping[str, str], world: World, count: int) -> list[Session]:
    """`count` sessions, one after the other; places of those who stop are given away again, as the pages do it."""
    moment = now()
    log: list[Place] = []
    made = []
    for number in range(count):
        who = mind(design, world, number)
        form = assign(design, log, moment)
        pages = showings(design, form, themes=themes, left_out=(), seen={})
        rated = len(pages) if who.stops > 1 else int(who.stops * len(pages))
        log.append(Place(form.group, form.block, form.row, moment, rated == len(pages)))
        made.append(Session(number, who, form, pages, rated))
    return made


def tables(design: Design, themes: Mapping[str, str], world: World, count: int) -> dict[str, pl.DataFrame]:
    """`ratings` and `participants` (records.Rating, records.Participant) of a simulated study, and `replies`: what was planted in each."""
    from tidelab.records import Participant, Rating, frame

    ratings: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    fields = set(Participant.model_fields)
    for s in sessions(design, themes, world, count):
        name = f"simulated-{s.number:05}"
        values = s.mind.ratings(s.pages, len(design.scales))
        checks = [st for st in steps(design, s.pages, ()) if st.attention and (st.shown or 0) <= s.rated]
        failed = any(s.mind.attention(str(st.attention)) != st.attention for st in checks)
        for place, (page, row) in enumerate(zip(s.pages[: s.rated], values, strict=False), 1):
            ratings += [
                {
                    "conversation_id": page.conversation_id,
                    "system_id": page.system_id,
                    "participant_id": name,
                    "factor": scale.name,
                    "value": float(value),
                    "order": place,
                    "source": "simulated",
                }
                for scale, value in zip(design.scales, row, strict=True)
            ]
        about = {k: v for k, v in s.mind.about.items() if k in fields}
        flags = (["attention check failed"] if failed else []) + ([] if s.finished else ["not finished"])
        seconds = PAGE * s.rated if s.rated else None
        people.append(
            Participant(participant_id=name, source="simulated", completed=s.finished, seconds=seconds, flags=flags, **about).model_dump()
        )
    return {"ratings": frame(Rating, ratings), "participants": frame(Participant, people)}


def fill(database: Database, world: World, count: int) -> int:
    """Adds `count` simulated sessions to a database with an installed study; returns how many went to the end."""
    with database.write(alone=True) as connection:
        version = store.version(connection)
        known = connection.execute(sa.select(sa.func.count()).select_from(participants)).scalar_one()
        finished = 0
        for s in sessions(version.design, version.themes, world, known + count)[known:]:
            finished += s.finished
            _insert(connection, version, s)
        store.note(connection, f"{count} simulated sessions added")
    return finished


def _insert(connection: sa.Connection, version: store.Version, s: Session) -> None:
    design = version.design
    path = steps(design, s.pages, version.topics)
    reached = next((i for i, st in enumerate(path) if st.shown == s.rated + 1), len(path))
    if s.finished:
        reached = len(path)
    began = now() - timedelta(seconds=PAGE * len(path) + 60)
    _, row = blank(version.id, kind="simulated", language=design.language)
    ended = began + timedelta(seconds=PAGE * reached)
    row |= {"form": asdict(s.form), "pages": [asdict(p) for p in s.pages], "started": began, "seen": ended, "furthest": reached}
    row |= {"status": "completed", "completed": ended, "furthest": reached - 1} if s.finished else {"completed": None}
    person = connection.execute(sa.insert(participants).values(row).returning(participants.c.id)).scalar_one()
    values = s.mind.ratings(s.pages, len(design.scales))
    said: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    at = began
    for step in path[:reached]:
        seconds = 1.0 if s.mind.careless else float(s.mind.rng.gamma(4.0, PAGE / 4))
        shown, at = at, min(at + timedelta(seconds=seconds), ended)
        seen.append({"participant_id": person, "step": step.key, "shown": shown, "done": at})
        for question, value in _said(design, s, step, values).items():
            said.append(_answer(person, step, question, value, at))
    connection.execute(sa.insert(visits), seen)
    connection.execute(sa.insert(answers), said)


def _said(design: Design, s: Session, step: Step, values: Any) -> dict[str, Any]:
    if step.kind == "consent":
        return {"agree": "yes", "text": agreed(design)}
    if step.kind == "rate":
        assert step.shown is not None
        given: dict[str, Any] = {q.name: str(v) for q, v in zip(design.scales, values[step.shown - 1], strict=True)}
        return given | ({"attention": s.mind.attention(step.attention)} if step.attention else {})
    if step.kind == "check":
        return {q.name: q.right for q in step.questions}
    if step.key == "about":
        return {q.name: s.mind.about.get(q.name, "") for q in step.questions if q.options}
    if step.kind == "screening":
        return {q.name: next(o for o in q.options if o not in q.excludes) for q in step.questions if q.options}
    return {q.name: next(iter(q.options)) for q in step.questions if q.options and not q.many}


def _answer(person: int, step: Step, question: str, value: Any, at: datetime) -> dict[str, Any]:
    showing = step.showings[0] if step.showings else None
    return {
        "participant_id": person,
        "at": at,
        "step": step.key,
        "question": question,
        "value": value,
        "conversation_id": showing.conversation_id if showing else None,
        "system_id": showing.system_id if showing and step.kind == "rate" else None,
        "shown": step.shown,
    }
