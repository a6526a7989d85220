"""Care: whom to turn to, what to do when a text speaks of a crisis, and withdrawing with everything that was said."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tidelab.study import people, way
from tidelab.study.pages.door import fields
from tidelab.study.people import Person
from tidelab.study.session import COOKIE, countries, participant, present, services, theirs
from tidelab.web.app import pages
from tidelab.web.database import Database
from tidelab.web.session import database

router = APIRouter()
Data = Annotated[Database, Depends(database)]
Somebody = Annotated[Person | None, Depends(participant)]


@router.get("/help")
def help_page(request: Request, data: Data, person: Somebody) -> Response:
    """The services that the study's owner names, and the verified crisis cards of the participant's country."""
    return _resources(request, data, person, "help.html.j2")


@router.get("/care")
def care(request: Request, data: Data, person: Annotated[Person, Depends(present)]) -> Response:
    """After a text that may speak of a crisis: the same, said to the person. That it was shown is noted, since it was."""
    page = _resources(request, data, person, "care.html.j2")
    way.helped(data, person)
    return page


@router.get("/withdraw")
def ask(request: Request, person: Annotated[Person, Depends(present)]) -> Response:
    """Asks once, since it can't be undone."""
    return pages(request).show(request, "withdraw.html.j2", person=person)


@router.post("/withdraw", openapi_extra=fields())
def withdraw(request: Request, data: Data, person: Annotated[Person, Depends(present)]) -> Response:
    """Deletes all of the person's rows."""
    people.withdraw(data, person.name, folder=request.app.state.folder)
    response = pages(request).show(request, "withdrawn.html.j2", person=None)
    response.delete_cookie(COOKIE)
    return response


def _resources(request: Request, data: Database, person: Person | None, template: str) -> Response:
    design = theirs(request, data, person).design
    known = countries(design)
    wanted = request.query_params.get("country", "")
    country = wanted if wanted in known else person.row.country if person else ""
    own, cards = services(design, country)
    return pages(request).show(request, template, own=own, cards=cards, countries=known, country=country)
