"""The dashboard, behind sign-in: how the study stands; administrators pause, close, extend it and note what was done."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse

from tidelab.study import store
from tidelab.study.pages.door import fields
from tidelab.study.status import status
from tidelab.study.tables import adverse
from tidelab.web.app import pages
from tidelab.web.database import Database, now
from tidelab.web.people import Visitor
from tidelab.web.session import database, form, only

router = APIRouter(prefix="/staff")
Data = Annotated[Database, Depends(database)]
Form = Annotated[dict[str, list[str]], Depends(form)]
Reader = Annotated[Visitor, only("administrator", "reviewer")]
Administrator = Annotated[Visitor, only("administrator")]
CONDITIONS = ("open", "paused", "closed")


@router.get("")
def dashboard(request: Request, data: Data, _visitor: Reader) -> Response:
    """Counts alone: no single answer is shown, to nobody."""
    found = status(data)
    balance = found["balance"]
    by_system = [(system, balance["sessions"][system], ratings, live) for system, ratings, live in balance["systems"]]
    return pages(request).show(request, "dashboard.html.j2", s=found, by_system=by_system, by_arm=_by_arm(balance))


def _by_arm(balance: dict[str, Any]) -> list[tuple[Any, ...]]:
    """A row for each conversation: completed sessions in which each system's reply to it was shown."""
    done = {(arm["conversation_id"], arm["system_id"]): arm["completed"] for arm in balance["arms"]}
    return [(item, *(done[item, system] for system in balance["sessions"])) for item in dict.fromkeys(item for item, _ in done)]


@router.post("/condition", openapi_extra=fields("to"))
def condition(data: Data, _visitor: Administrator, sent: Form) -> Response:
    """Pauses, opens or closes: nobody new comes in; those who have begun can finish."""
    to = sent.get("to", [""])[0]
    if to not in CONDITIONS:
        raise HTTPException(400, "bad_condition")
    with data.write() as connection:
        store.put(connection, "condition", to)
        store.note(connection, f"study {to}")
    return RedirectResponse("/staff", 303)


@router.post("/target", openapi_extra=fields("target"))
def target(data: Data, _visitor: Administrator, sent: Form) -> Response:
    """Extends or shortens the number of completed sessions wanted."""
    wanted = sent.get("target", [""])[0].strip()
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 5 and int(wanted) >= 1):
        raise HTTPException(400, "bad_target")
    with data.write() as connection:
        store.put(connection, "target", wanted)
        store.note(connection, f"{int(wanted)} completed sessions wanted")
    return RedirectResponse("/staff", 303)


@router.post("/adverse/{event_id}", openapi_extra=fields("done"))
def done(data: Data, _visitor: Administrator, sent: Form, event_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """Adds what was done to an adverse event."""
    words = sent.get("done", [""])[0].strip()[:500]
    if words:
        with data.write() as connection:
            known = connection.execute(sa.select(adverse.c.done).where(adverse.c.id == event_id).with_for_update()).scalar()
            if known is None:
                raise HTTPException(404)
            added = f"{known}; {now():%Y-%m-%d %H:%M}: {words}"
            connection.execute(sa.update(adverse).where(adverse.c.id == event_id).values(done=added))
    return RedirectResponse("/staff", 303)
