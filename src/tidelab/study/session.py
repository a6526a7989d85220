"""Dependencies of the study's pages: which participant is there, and whether a form was really sent from one of our pages."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from tidelab.safety import cards as crisis
from tidelab.safety.cards import Card, served
from tidelab.study import people
from tidelab.study.design import Design
from tidelab.study.parts import Resource
from tidelab.study.people import Person
from tidelab.study.store import Version, version
from tidelab.web import session as staff
from tidelab.web.app import pages
from tidelab.web.database import Database
from tidelab.web.limits import Rate
from tidelab.web.people import Visitor
from tidelab.web.session import SAFE, anyone, database, form

COOKIE, DOOR = "tidelab_participant", "tidelab_door"
AGE = 3600 * 24 * 14
REQUESTS = 240
"""Of one participant in a minute: a page and its autosaves are a few."""


def participant(request: Request, data: Annotated[Database, Depends(database)]) -> Person | None:
    """Who is there, or None, and in which language they are spoken to. 429 for somebody who asks too often.

    Ways out stay open whatever else fails: the pages that leave and that name help are never too many, and need no database.
    """
    token, path = request.cookies.get(COOKIE), request.url.path
    if path == "/leave":
        return None
    rate: Rate = request.app.state.rate
    if token and path != "/help" and rate.exceeded(token):
        raise HTTPException(429, "many_requests")
    try:
        person = people.find(data, token) if token else None
    except SQLAlchemyError:
        if path != "/help":
            raise
        person = None
    language = asked(request)
    request.state.language = person.row.language if person else language
    design = theirs(request, data, person).design
    own, cards = services(design, person.row.country if person else "")
    request.state.always = {"person": person, "own": own, "cards": cards, "language": "" if person else language}
    request.state.always["countries"] = countries(design)
    request.state.always["within"] = person is not None
    return person


def at_first(request: Request) -> dict[str, bool]:
    """Whether somebody may be within a session, for the page of an error that comes before anybody could look; it asks no database."""
    return {"within": COOKIE in request.cookies}


def services(design: Design, country: str) -> tuple[list[Resource], list[Card]]:
    """Whom one can turn to: the study's own services and verified crisis cards of a country; without one, all of the study's own."""
    return [r for r in design.resources if not country or r.country in ("", country)], served(country) if country else []


def countries(design: Design) -> list[str]:
    """The countries that can be chosen: those of the study's own services, and those of which only verified cards know something."""
    return sorted({r.country for r in design.resources if r.country} | crisis.countries())


def asked(request: Request) -> str:
    """The language that somebody without a session has chosen, empty for none; it goes on from page to page in the address."""
    wanted = request.query_params.get("language", "")
    return wanted if wanted in pages(request).languages else ""


def present(person: Annotated[Person | None, Depends(participant)]) -> Person:
    """The participant; 401 where there is none."""
    if person is None:
        raise HTTPException(401, "nobody")
    return person


def theirs(request: Request, data: Database, person: Person | None) -> Version:
    """The version that a participant began, else the newest, in the request's language. Versions never change: each is read once."""
    known: dict[tuple[int, str], Version] = request.app.state.versions
    newest: Version = request.app.state.newest
    key = (person.row.version_id if person else newest.id, pages(request).language(request))
    if key not in known:
        if key[0] == newest.id:
            found = newest
        else:
            with data.read() as connection:
                found = version(connection, key[0])
        known[key] = replace(found, design=found.design.said(key[1] if key[1] in found.design.languages else found.design.language))
    return known[key]


def enter(request: Request, response: Response, token: str) -> None:
    """Sets the participant's cookie. Lax and not Strict: a Strict one would be missing on the page that a recruiting service leads to."""
    secure: bool = request.app.state.secure
    response.set_cookie(COOKIE, token, max_age=AGE, httponly=True, samesite="lax", secure=secure)
    response.delete_cookie(DOOR)


def door(request: Request, response: Response, word: str) -> None:
    """Before there is a session, the word that a form must send back stands in a cookie."""
    response.set_cookie(DOOR, word, max_age=3600, httponly=True, samesite="lax", secure=bool(request.app.state.secure))


def door_word(request: Request) -> str:
    """That word, new if the browser has none yet."""
    return request.cookies.get(DOOR) or secrets.token_urlsafe(24)


async def guard(
    request: Request,
    visitor: Annotated[Visitor | None, Depends(anyone)],
    person: Annotated[Person | None, Depends(participant)],
) -> None:
    """On every route: whatever changes something needs a session, or the door's cookie, and its own word."""
    if request.method in SAFE:
        return
    if request.url.path.startswith(("/staff", "/sign-out")):
        await staff.guard(request, visitor)
        return
    if request.url.path == "/join":
        expected = request.cookies.get(DOOR, "")
    elif person is None:
        raise HTTPException(401, "nobody")
    else:
        expected = person.csrf
    word = (await form(request)).get("csrf", [""])[0]
    if not expected or not hmac.compare_digest(word.encode(), expected.encode()):
        raise HTTPException(403, "foreign_form")
