"""A participant's way through the steps: what is shown, what is saved, where it leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from tidelab.safety.signs import POSSIBLE, SIGNS, sign
from tidelab.study import store
from tidelab.study.answers import OWN, Given, add, agreed, excluded, latest, missing, read, understood
from tidelab.study.assign import assign, showings
from tidelab.study.people import ENDED, Person
from tidelab.study.steps import FIXED, Step, steps
from tidelab.study.store import Version
from tidelab.study.tables import adverse, participants, visits
from tidelab.web.database import Database, now
from tidelab.web.words import words

TRIES = 2
GRAVITY = (*SIGNS, POSSIBLE)
"""Kinds of sign, the gravest first."""
NOTED = "noted"
SENT = "the page on which it was being written was told to show resources and contact"
BELOW = "resources and contact were shown beneath the text"
SHOWN = "the page with resources and contact was shown"
"""What the adverse-event log says was done, each only when it was."""


class Moved(Exception):  # noqa: N818 (a browser that is somewhere else is no error)
    """The step can't be answered now; the participant is at another place."""


@dataclass(frozen=True)
class View:
    """What a page shows."""

    step: Step
    index: int
    given: Given
    wrong: dict[str, str] = field(default_factory=dict)
    fixed: bool = False
    """Whether its answers can't be changed any more."""
    sign: str = ""
    """A sign of crisis in a text that was just sent."""


def path(version: Version, row: Any) -> list[Step]:
    """The steps of a participant, as far as they are decided."""
    return steps(version.design, store.pages_of(row.pages), version.topics)


def here(version: Version, row: Any) -> str:
    """Key of the step that the participant is at."""
    way = path(version, row)
    return way[min(int(row.furthest), len(way) - 1)].key


def show(database: Database, version: Version, person: Person, key: str) -> View:
    """A step that the participant has reached. Moved for any other. The first showing is noted, for the time that a page took."""
    index, step = _reached(version, person.row, key)
    with database.read() as connection:
        given = latest(connection, person.id, key)
        known = connection.execute(sa.select(visits.c.id).where(visits.c.participant_id == person.id, visits.c.step == key)).first()
    if known is None:
        with database.write() as connection:
            if _held(connection, person.id) is not None:
                _visited(connection, person.id, key)
    return View(step, index, given, fixed=step.kind in FIXED and index < person.row.furthest)


def save(database: Database, version: Version, person: Person, key: str, form: Mapping[str, list[str]], *, final: bool) -> View:
    """Adds the answers of a page to the log; `final` goes on to the next step if nothing is missing. All in one transaction.

    Moved where the step is not reached, or fixed. A form that is sent twice, from two tabs or again by the network, is one answer.
    """
    say = words(version.design.language, "study")
    with database.write(alone=final and key == "practice") as connection:
        row = _held(connection, person.id)
        if row is None or row.status != "active":
            raise Moved
        index, step = _reached(version, row, key)
        if step.kind in FIXED and index < row.furthest:
            raise Moved
        given = read(form, step)
        if step.kind == "consent" and given.get("agree") == "yes":
            given["text"] = agreed(version.design)
        fresh = add(connection, row.id, step, given) > 0
        said = latest(connection, row.id, key)
        wrong = missing(said, step, say) if final else {}
        found = _gravest(step, given, version.design.language)
        if found:
            _heed(connection, row.id, key, found, done=BELOW if wrong else "" if final else SENT)
        changes: dict[str, Any] = {"seen": now()}
        if final and not wrong:
            own = (visits.c.participant_id == row.id, visits.c.step == key, visits.c.done.is_(None))
            _visited(connection, row.id, key)
            connection.execute(sa.update(visits).where(*own).values(done=now()))
            if index == row.furthest:
                changes |= _onward(connection, version, row, step, said, fresh=fresh)
        connection.execute(sa.update(participants).where(participants.c.id == row.id).values(changes))
    again = step.kind == "check" and final and not wrong and not changes.keys() & {"furthest", "status"}
    told = {"check": say("once_more")} if again else wrong
    return View(step, index, said | given, told, sign=found)


def _onward(connection: sa.Connection, version: Version, row: Any, step: Step, given: Given, *, fresh: bool) -> dict[str, Any]:
    """What a finished step changes in the participant's row; `fresh`: whether it said anything new."""
    ahead: dict[str, Any] = {"furthest": row.furthest + 1}
    if step.kind == "consent" and given.get("agree") != "yes":
        return {"status": "declined"}
    if step.kind == "topics":
        return ahead | {"left_out": given.get("left_out", [])}
    if step.kind == "screening" and excluded(given, step.questions):
        return {"status": "screened_out"}
    if step.kind == "check" and not understood(given, step.questions):
        tries = row.tries + fresh  # the same answers again are no further try: a page reloaded, a button pressed twice
        return {"tries": tries} | ({"status": "failed_check"} if tries >= TRIES else {})
    if step.kind == "practice" and row.pages is None:
        return ahead | given_a_place(connection, version, row.left_out)
    if step.kind == "debrief":
        return {"status": "completed", "completed": now()}
    return ahead


def given_a_place(connection: sa.Connection, version: Version, left_out: list[str]) -> dict[str, Any]:
    """Form and pages for a session that begins to rate. The caller's transaction runs alone, so that two can't take one place."""
    form = assign(version.design, store.places(connection, version), now())
    seen = item_counts(connection, version) if left_out else {}
    pages = showings(version.design, form, themes=version.themes, left_out=left_out, seen=seen)
    return {"form": asdict(form), "pages": [asdict(s) for s in pages]}


def item_counts(connection: sa.Connection, version: Version) -> Counter[str]:
    """Completed sessions of each item."""
    query = sa.select(participants.c.pages).where(participants.c.version_id == version.id, participants.c.status == "completed")
    return Counter(item for pages in connection.execute(query).scalars() for item in {s["conversation_id"] for s in pages or []})


def _reached(version: Version, row: Any, key: str) -> tuple[int, Step]:
    for index, step in enumerate(path(version, row)[: row.furthest + 1]):
        if step.key == key:
            return index, step
    raise Moved


def _held(connection: sa.Connection, participant_id: int) -> Any:
    """The participant's row, locked: two tabs, or a form that is sent twice, come one after the other."""
    return connection.execute(sa.select(participants).where(participants.c.id == participant_id).with_for_update()).first()


def _visited(connection: sa.Connection, participant_id: int, key: str) -> None:
    own = (visits.c.participant_id == participant_id, visits.c.step == key)
    if connection.execute(sa.select(visits.c.id).where(*own)).first() is None:
        connection.execute(sa.insert(visits).values(participant_id=participant_id, step=key, shown=now()))


def _gravest(step: Step, given: Given, language: str) -> str:
    """The gravest sign of crisis in what was written, empty for none."""
    texts = [given.get(q.name, "") for q in step.questions if not q.options]
    texts += [value for name, value in given.items() if name.endswith(OWN)]
    return min((s for s in (sign(str(t), language) for t in texts) if s), key=GRAVITY.index, default="")


def _heed(connection: sa.Connection, participant_id: int, key: str, found: str, *, done: str) -> None:
    """Notes a sign of crisis, without the text, and what was `done` just now, if anything was."""
    query = sa.select(adverse.c.what).where(adverse.c.participant_id == participant_id, adverse.c.step == key)
    if _is_news(found, [what.rpartition(": ")[2] for what in connection.execute(query).scalars()]):
        what = f"sign of crisis in a text: {found}"
        connection.execute(sa.insert(adverse).values(participant_id=participant_id, at=now(), step=key, what=what, done=NOTED))
    if done:
        _done(connection, done, adverse.c.participant_id == participant_id, adverse.c.step == key)


def _is_news(found: str, known: list[str]) -> bool:
    """Whether a sign is graver than those noted of a page, or of another nature: a text saves itself from its first half-sentence on."""
    if found in known:
        return False
    return found == "danger" or all(GRAVITY.index(found) < GRAVITY.index(k) for k in known)


def _done(connection: sa.Connection, done: str, *of: sa.ColumnElement[bool]) -> None:
    """Adds what was done, and when, to the events of which it isn't said yet."""
    query = sa.select(adverse.c.id, adverse.c.done).where(*of, ~adverse.c.done.contains(done)).with_for_update()
    for event in connection.execute(query).all():
        told = f"{event.done}; {now():%Y-%m-%d %H:%M}: {done}"
        connection.execute(sa.update(adverse).where(adverse.c.id == event.id).values(done=told))


def helped(database: Database, person: Person) -> None:
    """Notes that the page with resources and contact is shown, where a sign of crisis led to it."""
    own = adverse.c.participant_id == person.id
    with database.read() as connection:
        known = connection.execute(sa.select(adverse.c.id).where(own, ~adverse.c.done.contains(SHOWN))).first()
    if known is not None:
        with database.write() as connection:
            _done(connection, SHOWN, own)


def ended(person: Person) -> bool:
    """Whether the way is at its end, happy or not."""
    return person.status in ENDED


def shown_texts(version: Version, step: Step) -> list[Any]:
    """The stimuli of a step's showings."""
    return [version.stimuli[s.conversation_id, s.system_id] for s in step.showings]
