"""The study's answers as tables: full, for the analysis; what leaves the house goes through `export`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tidelab.records import Participant, Rating, frame
from tidelab.study import store
from tidelab.study.answers import OWN
from tidelab.study.design import DECLINED
from tidelab.study.quality import Session, judge
from tidelab.study.steps import Step, steps
from tidelab.study.store import Version, pages_of
from tidelab.study.suppress import ABOUT
from tidelab.study.tables import participants
from tidelab.web.database import Database

if TYPE_CHECKING:
    import polars as pl

SOURCES = {"real": "real", "simulated": "simulated"}
"""Source of a rating by the kind of its session; a preview's answers go nowhere."""
TEXTS = ("participant_id", "step", "conversation_id", "system_id", "question", "text")


def collect(database: Database) -> dict[str, pl.DataFrame]:
    """The latest answers of all who began to rate: `ratings`, `participants`, `choices` (pairwise), `texts`, `extras` (further ones)."""
    import polars as pl

    with database.read() as connection:
        ids = set(connection.execute(sa.select(participants.c.version_id)).scalars())
        known = {i: store.version(connection, i) for i in ids}
        judged = judge(connection, known)
    ratings: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    choices: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    extras: list[dict[str, Any]] = []
    for name, session in judged.items():
        if session.row.kind not in SOURCES or session.row.pages is None:
            continue
        version = known[session.row.version_id]
        source = SOURCES[session.row.kind]
        path = steps(version.design, pages_of(session.row.pages), version.topics)
        people.append(_person(session, source))
        for step in path:
            given = session.answers.get(step.key, {})
            if step.kind == "rate":
                ratings += _ratings(version, name, source, step, given, session.seconds.get(step.key))
            elif step.kind == "choice" and "preference" in given:
                first, second = (s.system_id for s in step.showings)
                choices.append(
                    {
                        "participant_id": name,
                        "conversation_id": step.showings[0].conversation_id,
                        "first": first,
                        "second": second,
                        "chosen": {"first": first, "second": second}.get(given["preference"], "none"),
                        "source": source,
                    }
                )
            elif step.kind == "about":
                extras += _extras(name, step, given)
            texts += _texts(name, step, given)
    columns = {"participant_id": pl.String, "conversation_id": pl.String, "first": pl.String, "second": pl.String}
    seconds = pl.Series("seconds", [r.pop("seconds") for r in ratings], dtype=pl.Float64)
    return {
        "ratings": frame(Rating, ratings).with_columns(seconds),
        "participants": frame(Participant, people),
        "choices": pl.DataFrame(choices, schema=columns | {"chosen": pl.String, "source": pl.String}, orient="row"),
        "texts": pl.DataFrame(texts, schema=dict.fromkeys(TEXTS, pl.String), orient="row"),
        "extras": pl.DataFrame(
            extras, schema=dict.fromkeys(("participant_id", "questionnaire", "question", "value"), pl.String), orient="row"
        ),
    }


def _person(session: Session, source: str) -> dict[str, Any]:
    row, about = session.row, session.answers.get("about", {})
    fields = {k: "" if v == DECLINED else _plain(v) for k, v in about.items() if k in ABOUT}
    seconds = (row.completed - row.started).total_seconds() if row.completed else None
    return Participant(
        participant_id=row.name,
        source=source,
        role=row.role,
        language=row.language,
        completed=row.status == "completed",
        seconds=seconds if seconds is None or seconds >= 0 else None,
        flags=session.flags,
        **fields,
    ).model_dump()


def _ratings(version: Version, name: str, source: str, step: Step, given: dict[str, Any], seconds: float | None) -> list[dict[str, Any]]:
    showing = step.showings[0]
    return [
        {
            "conversation_id": showing.conversation_id,
            "system_id": showing.system_id,
            "participant_id": name,
            "factor": scale.name,
            "value": float(given[scale.name]),
            "order": step.shown,
            "source": source,
            "seconds": seconds,
        }
        for scale in version.design.scales
        if scale.name in given
    ]


def _extras(name: str, step: Step, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Options chosen of questions that the participants' table has no column for. Own words are `texts`, and those alone."""
    page = step.key.removeprefix("q-") if step.key != "about" else ""
    asked = {q.name for q in step.questions if q.options and (page or q.name not in ABOUT)}
    return [
        {"participant_id": name, "questionnaire": page, "question": question, "value": _plain(value)}
        for question, value in given.items()
        if question in asked
    ]


def _plain(value: Any) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)


def _texts(name: str, step: Step, given: dict[str, Any]) -> list[dict[str, Any]]:
    showing = step.showings[0] if step.showings else None
    open_questions = {q.name for q in step.questions if not q.options}
    own_words = {q.name + OWN for q in step.questions if q.other}
    return [
        {
            "participant_id": name,
            "step": step.key,
            "conversation_id": showing.conversation_id if showing else "",
            "system_id": showing.system_id if showing else "",
            "question": question,
            "text": str(value),
        }
        for question, value in given.items()
        if question in open_questions | own_words and str(value).strip()
    ]
