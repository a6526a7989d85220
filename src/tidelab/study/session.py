"""Dependencies of the study's pages: which participant is there, and whether a form was really sent from one of our pages."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response

from tidelab.study import people
from tidelab.study.people import Person
from tidelab.study.store import Version, version
from tidelab.web import session as staff
from tidelab.web.database import Database
from tidelab.web.limits import Rate
from tidelab.web.people import Visitor
from tidelab.web.session import SAFE, anyone, database, form

COOKIE, DOOR = "tidelab_participant", "tidelab_door"
AGE = 3600 * 24 * 14
REQUESTS = 240
"""Of one participant in a minute: a page and its autosaves are a few."""
NOBODY = "We don't know which session is yours. Please open your personal link, or begin again from the link that brought you here."


def participant(request: Request, data: Annotated[Database, Depends(database)]) -> Person | None:
    """Who is there, or None. 429 for somebody who asks too often."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    rate: Rate = request.app.state.rate
    if rate.exceeded(token):
        raise HTTPException(429, "Too many requests came from this session. Wait a minute, then go on; what you saved is kept.")
    return people.find(data, token)


def present(person: Annotated[Person | None, Depends(participant)]) -> Person:
    """The participant; 401 where there is none."""
    if person is None:
        raise HTTPException(401, NOBODY)
    return person


def theirs(request: Request, data: Database, person: Person) -> Version:
    """The version of the study that a participant began; versions never change, so each is read once."""
    known: dict[int, Version] = request.app.state.versions
    found = known.get(person.row.version_id)
    if found is None:
        with data.read() as connection:
            found = known[person.row.version_id] = version(connection, person.row.version_id)
    return found


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
        raise HTTPException(401, NOBODY)
    else:
        expected = person.csrf
    word = (await form(request)).get("csrf", [""])[0]
    if not expected or not hmac.compare_digest(word.encode(), expected.encode()):
        raise HTTPException(403, "This form was not sent from your present session. Go back, reload the page and send it again.")
