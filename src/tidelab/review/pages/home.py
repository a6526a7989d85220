"""The start page: what is done, what waits, and the way to the next item."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from tidelab.review import queue
from tidelab.review.tables import answers, assignments, items
from tidelab.web.app import pages
from tidelab.web.database import Database
from tidelab.web.people import Visitor
from tidelab.web.session import anyone, database, only

router = APIRouter()
SHOWN = 200  # finished items listed


@router.get("/")
def home(request: Request, data: Annotated[Database, Depends(database)], visitor: Annotated[Visitor | None, Depends(anyone)]) -> Response:
    """By role: a reviewer's or adjudicator's own work; administrators go to the progress page."""
    if visitor is None:
        return pages(request).show(request, "welcome.html.j2")
    if visitor.role == queue.ADMINISTRATOR:
        return RedirectResponse("/progress", 303)
    own = sa.select(assignments.c.item_id, assignments.c.finished, items.c.person).select_from(assignments.join(items))
    own = own.where(assignments.c.person_id == visitor.person_id, assignments.c.role == visitor.role)
    saved = sa.select(answers.c.id).where(answers.c.assignment_id == assignments.c.id).exists()
    with data.read() as connection:
        done = connection.execute(own.where(assignments.c.finished.is_not(None)).order_by(assignments.c.finished.desc())).all()
        begun = connection.execute(own.where(assignments.c.finished.is_(None), saved, items.c.retired.is_(None))).all()
        waiting = items.c.dispute != "" if visitor.role == queue.ADJUDICATOR else sa.true()
        total = connection.execute(sa.select(sa.func.count()).where(items.c.retired.is_(None), waiting)).scalar_one()
    values: dict[str, Any] = {"done": done[:SHOWN], "more": max(0, len(done) - SHOWN), "begun": begun, "count": len(done), "total": total}
    return pages(request).show(
        request, "home.html.j2", nothing="nothing" in request.query_params, saved="saved" in request.query_params, **values
    )


@router.post("/next")
def following(data: Annotated[Database, Depends(database)], visitor: Annotated[Visitor, only("reviewer", "adjudicator")]) -> Response:
    """Reserves the next item and leads to it."""
    item_id = queue.take(data, visitor)
    return RedirectResponse("/?nothing" if item_id is None else f"/items/{item_id}", 303)
