"""The steps: each is shown by GET, sent by POST, and saves itself in between."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from tidelab.study import people, way
from tidelab.study.answers import TEXT
from tidelab.study.design import DECLINED, Design
from tidelab.study.people import Person
from tidelab.study.session import COOKIE, present, theirs
from tidelab.study.steps import Step, steps, total
from tidelab.study.store import Version, pages_of
from tidelab.study.tables import recruits
from tidelab.web.app import pages
from tidelab.web.database import Database
from tidelab.web.session import database, form
from tidelab.web.words import named

router = APIRouter()
Data = Annotated[Database, Depends(database)]
Present = Annotated[Person, Depends(present)]
Form = Annotated[dict[str, list[str]], Depends(form)]
_TEXT, _STEP = {"type": "string"}, {"type": "string", "enum": ["consent", "topics", "screening", "about", "check", "practice", "rate-1-1"]}
_FIELDS = dict.fromkeys(("csrf", "agree", "adult", "steady", "gender", "gender_own", "perceived_empathy", "comment", "attention"), _TEXT)
_BODY: dict[str, Any] = {
    "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": _FIELDS}}}},
    "parameters": [{"name": "key", "in": "path", "required": True, "schema": _STEP}],
}


@router.get("/s/{key}")
def show(request: Request, key: str, data: Data, person: Present) -> Response:
    """A step that was reached; any other address leads to where the participant is."""
    if way.ended(person):
        return RedirectResponse("/end", 303)
    version = theirs(request, data, person)
    try:
        view = way.show(data, version, person, key)
    except way.Moved:
        return RedirectResponse(f"/s/{way.here(version, person.row)}", 303)
    return _page(request, version, person, view)


@router.post("/s/{key}", openapi_extra=_BODY)
def send(request: Request, key: str, data: Data, person: Present, fields: Form) -> Response:
    """Saves what was given; goes on if nothing is missing, else says what is."""
    version = theirs(request, data, person)
    try:
        view = way.save(data, version, person, key, fields, final=True)
    except way.Moved:
        return RedirectResponse("/", 303)
    if view.wrong:
        return _page(request, version, person, view, code=422)
    if view.sign:
        return RedirectResponse("/care", 303)
    way_there = steps(version.design, pages_of(person.row.pages), version.topics)
    after = way_there[view.index + 1].key if view.index < person.row.furthest and view.index + 1 < len(way_there) else ""
    return RedirectResponse(f"/s/{after}" if after else "/s/on", 303)


@router.post(
    "/s/{key}/save", openapi_extra=_BODY, status_code=204, responses={200: {"description": "saved, and a sign of crisis was found"}}
)
def draft(request: Request, key: str, data: Data, person: Present, fields: Form) -> Response:
    """What the page saves by itself, each answer when it is given. 200 and not 204 tells the page to show whom one can turn to."""
    try:
        view = way.save(data, theirs(request, data, person), person, key, fields, final=False)
    except way.Moved:
        return Response(status_code=409)
    return Response(status_code=200 if view.sign else 204)


@router.get("/end")
def end(request: Request, data: Data, person: Present) -> Response:
    """The last page: the completion code and the way back, or a caring word."""
    if not way.ended(person):
        return RedirectResponse("/", 303)
    version = theirs(request, data, person)
    import sqlalchemy as sa

    with data.read() as connection:
        sent = connection.execute(sa.select(recruits).where(recruits.c.participant_id == person.id)).first()
    back = people.back(version.design.returns, sent.channel, sent.external_id, person) if sent and person.status == "completed" else ""
    return pages(request).show(request, "end.html.j2", back=back)


def _page(request: Request, version: Version, person: Person, view: way.View, code: int = 200) -> Response:
    row, design = person.row, version.design
    count = total(design, pages_of(row.pages), version.topics)
    return pages(request).show(
        request,
        "step.html.j2",
        code=code,
        step=view.step,
        title=view.step.title,
        given=view.given,
        wrong=view.wrong,
        sign=view.sign,
        fixed=view.fixed,
        design=design,
        texts=way.shown_texts(version, view.step),
        words=_words(design, view.step),
        languages=named(design.languages, "study") if view.step.kind == "consent" and not row.furthest else {},
        progress=(view.index + 1, count),
        before=_before(version, row, view.index),
        declined=DECLINED,
        longest=TEXT,
        link=f"{request.base_url}p/{request.cookies[COOKIE]}" if view.step.kind == "consent" else "",
    )


def _words(design: Design, step: Step) -> list[str]:
    text = {"consent": design.consent.text, "topics": design.warning, "instructions": design.instructions, "debrief": design.debrief}
    return [part.strip() for part in text.get(step.kind, step.text).split("\n\n") if part.strip()]


def _before(version: Version, row: Any, index: int) -> str:
    path = way.path(version, row)
    return path[index - 1].key if index else ""
