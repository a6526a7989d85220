"""The way in: the welcome page, the button that begins a session, the personal link, the quick exit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from tidelab.study import people, way
from tidelab.study.people import CHANNELS, Person
from tidelab.study.session import COOKIE, countries, door, door_word, enter, participant, present, theirs
from tidelab.study.steps import total
from tidelab.study.store import Version
from tidelab.web.app import pages
from tidelab.web.database import Database
from tidelab.web.limits import Guesses, Rate
from tidelab.web.session import database, form
from tidelab.web.words import named

router = APIRouter()
Data = Annotated[Database, Depends(database)]
Somebody = Annotated[Person | None, Depends(participant)]
Form = Annotated[dict[str, list[str]], Depends(form)]


def fields(*names: str) -> dict[str, Any]:
    """What a form sends, for the description of the routes."""
    properties = {name: {"type": "string"} for name in ("csrf", *names)}
    return {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": properties}}}}}


@router.get("/")
def welcome(request: Request, data: Data, person: Somebody) -> Response:
    """Who asks whom for what. Somebody who has a session is led to where they are in it; `Leave now` makes the browser forget it."""
    if person is not None:
        return RedirectResponse("/end" if way.ended(person) else f"/s/{way.here(theirs(request, data, person), person.row)}", 303)
    external = {channel: request.query_params.get(name, "")[:100] for channel, name in CHANNELS.items()}
    return _welcome(request, {channel: identity for channel, identity in external.items() if identity})


def _welcome(request: Request, external: dict[str, str], refused: str = "", code: int = 200) -> Response:
    version = theirs(request, request.app.state.database, None)
    word = door_word(request)
    shown = pages(request).show(
        request,
        "welcome.html.j2",
        code=code,
        word=word,
        countries=countries(version.design),
        external=external,
        channels=CHANNELS,
        refused=refused,
        languages=named(version.design.languages, "study"),
        items=next(iter(named([version.design.items_language], "study").values())),
        design=version.design,
        replies=version.design.per_participant.items * version.design.per_participant.systems,
        steps=total(version.design, None, version.topics),
    )
    door(request, shown, word)
    return shown


@router.post("/join", openapi_extra=fields("country", "language", *CHANNELS))
def join(request: Request, data: Data, person: Somebody, sent: Form) -> Response:
    """Begins a session; a second press of the button goes on with the first one's."""
    if person is not None:
        return RedirectResponse("/", 303)
    joins: Rate = request.app.state.joins
    if joins.exceeded(request.client.host if request.client else ""):
        raise HTTPException(429, "many_joins")
    version: Version = request.app.state.newest
    language = sent.get("language", [""])[0]
    language = language if language in version.design.languages else pages(request).language(request)
    country = sent.get("country", [""])[0]
    country = country if country in countries(version.design) else ""
    external = next(((c, sent[c][0][:100]) for c in CHANNELS if sent.get(c, [""])[0]), None)
    kind: str = request.app.state.kind
    try:
        token = people.join(data, version, kind=kind, language=language, country=country, external=external)
    except people.Refused as reason:
        request.state.language = language
        return _welcome(request, dict([external] if external else []), str(reason), 409)
    response = RedirectResponse("/", 303)
    enter(request, response, token)
    return response


@router.get("/p/{token}")
def arrive(request: Request, token: str, data: Data) -> Response:
    """A personal link: opens its one session, and leads on, so that the token leaves the address bar."""
    guesses: Guesses = request.app.state.guesses
    address = request.client.host if request.client else ""
    if guesses.blocked(address):
        raise HTTPException(429, "many_links")
    try:
        known = people.arrive(data, token, pages(request).language(request))
    except people.Refused as reason:
        return _welcome(request, {}, str(reason), 409)
    if known is None:
        guesses.failed(address)
        raise HTTPException(403, "bad_link")
    response = RedirectResponse("/", 303)
    enter(request, response, token)
    return response


@router.post("/language", openapi_extra=fields("language"))
def speak(request: Request, data: Data, person: Annotated[Person, Depends(present)], sent: Form) -> Response:
    """Another language, for somebody who has not answered anything yet."""
    language = sent.get("language", [""])[0]
    if language in theirs(request, data, person).design.languages:
        people.speak(data, person, language)
    return RedirectResponse("/", 303)


@router.post("/country", openapi_extra=fields("country"))
def settle(request: Request, data: Data, person: Annotated[Person, Depends(present)], sent: Form) -> Response:
    """Where somebody is who was not asked at the door, or who is elsewhere now; it leads to the services that this decides."""
    country = sent.get("country", [""])[0]
    if country in ("", *countries(theirs(request, data, person).design)):
        people.settle(data, person, country)
    return RedirectResponse("/help", 303)


@router.get("/leave")
def leave(request: Request) -> Response:
    """An empty page; the browser forgets the session. The personal link leads back."""
    response = pages(request).show(request, "leave.html.j2")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.delete_cookie(COOKIE)
    return response
