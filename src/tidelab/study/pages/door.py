"""The way in: the welcome page, the button that begins a session, the personal link, the quick exit."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from tidelab.study import people, way
from tidelab.study.people import CHANNELS, Person
from tidelab.study.session import COOKIE, door, door_word, enter, participant, theirs
from tidelab.study.steps import total
from tidelab.study.store import Version
from tidelab.web.app import BAD_LINK, pages
from tidelab.web.database import Database
from tidelab.web.limits import Guesses, Rate
from tidelab.web.session import database, form

router = APIRouter()
Data = Annotated[Database, Depends(database)]
Somebody = Annotated[Person | None, Depends(participant)]
Form = Annotated[dict[str, list[str]], Depends(form)]
DAY = 86_400.0
EMPTY = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>New page</title>'
    '<link rel="icon" href="/static/blank.svg"></head><body></body></html>'
)


def fields(*names: str) -> dict[str, Any]:
    """What a form sends, for the description of the routes."""
    properties = {name: {"type": "string"} for name in ("csrf", *names)}
    return {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": properties}}}}}


@router.get("/")
def welcome(request: Request, data: Data, person: Somebody) -> Response:
    """Who asks whom for what. Somebody who has a session is led to where they are in it; `Leave now` makes the browser forget it."""
    if person is not None:
        return RedirectResponse("/end" if way.ended(person) else f"/s/{way.here(theirs(request, data, person), person.row)}", 303)
    return _welcome(request)


def _welcome(request: Request, refused: str = "", code: int = 200) -> Response:
    version: Version = request.app.state.newest
    word = door_word(request)
    countries = sorted({r.country for r in version.design.resources if r.country})
    external = {channel: request.query_params.get(name, "")[:100] for channel, name in CHANNELS.items()}
    sent: dict[str, Any] = {c: value for c, value in external.items() if value}
    shown = pages(request).show(
        request,
        "welcome.html.j2",
        code=code,
        word=word,
        countries=countries,
        external=sent,
        refused=refused,
        design=version.design,
        replies=version.design.per_participant.items * version.design.per_participant.systems,
        steps=total(version.design, None, version.topics),
    )
    door(request, shown, word)
    return shown


@router.post("/join", openapi_extra=fields("country", *CHANNELS))
def join(request: Request, data: Data, person: Somebody, sent: Form) -> Response:
    """Begins a session; a second press of the button goes on with the first one's."""
    if person is not None:
        return RedirectResponse("/", 303)
    joins: Rate = request.app.state.joins
    if joins.exceeded(request.client.host if request.client else ""):
        raise HTTPException(429, "Very many people are beginning just now. Please wait a minute and try again.")
    if time.monotonic() - request.app.state.retained > DAY:
        request.app.state.retained = time.monotonic()
        people.retain(data, folder=request.app.state.folder)
    version: Version = request.app.state.newest
    country = sent.get("country", [""])[0]
    known = {r.country for r in version.design.resources}
    external = next(((c, sent[c][0][:100]) for c in CHANNELS if sent.get(c, [""])[0]), None)
    kind: str = request.app.state.kind
    try:
        token = people.join(data, version, kind=kind, country=country if country in known else "", external=external)
    except people.Refused as reason:
        return _welcome(request, str(reason), 409)
    response = RedirectResponse("/", 303)
    enter(request, response, token)
    return response


@router.get("/p/{token}")
def arrive(request: Request, token: str, data: Data) -> Response:
    """A personal link: opens its one session, and leads on, so that the token leaves the address bar."""
    guesses: Guesses = request.app.state.guesses
    address = request.client.host if request.client else ""
    if guesses.blocked(address):
        raise HTTPException(429, "Too many links that don't open anything came from here. Wait a minute, then open yours again.")
    if people.arrive(data, token) is None:
        guesses.failed(address)
        raise HTTPException(403, BAD_LINK)
    response = RedirectResponse("/", 303)
    enter(request, response, token)
    return response


@router.get("/leave")
def leave() -> Response:
    """An empty page; the browser forgets the session. The personal link leads back."""
    response = HTMLResponse(EMPTY, headers={"Clear-Site-Data": '"cache", "storage"'})
    response.delete_cookie(COOKIE)
    return response
