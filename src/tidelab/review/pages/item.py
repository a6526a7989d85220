"""One item: read it, rate it, revise it, decide. A third reviewer also sees what the two have said."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse

from tidelab.review import queue
from tidelab.review.answers import Answer, latest
from tidelab.review.scales import APART, REASONS, SCALES
from tidelab.review.verdicts import reviews
from tidelab.web.app import pages
from tidelab.web.database import Database
from tidelab.web.people import Visitor
from tidelab.web.session import database, form, only

router = APIRouter()
ItemId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Form = Annotated[dict[str, list[str]], Depends(form)]
Data = Annotated[Database, Depends(database)]
Judge = Annotated[Visitor, only("reviewer", "adjudicator")]

_FIELDS: dict[str, Any] = {
    **{s.name: {"type": "string", "enum": ["", "1", "2", "3", "4", "5"]} for s in SCALES},
    "decision": {"type": "string", "enum": ["", "approve", "reject"]},
    "reasons": {"type": "array", "items": {"type": "string", "enum": list(REASONS)}},
    **{name: {"type": "string"} for name in ("comment", "person", "chatbot", "csrf", "then")},
}
_BODY = {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": _FIELDS}}}}}


@router.get("/items/{item_id}")
def show(request: Request, item_id: ItemId, data: Data, visitor: Judge) -> Response:
    """The item with the visitor's latest answer."""
    return _page(request, data, item_id, visitor)


@router.post("/items/{item_id}", openapi_extra=_BODY)
def send(request: Request, item_id: ItemId, data: Data, visitor: Judge, fields: Form) -> Response:
    """A complete answer leads on; an incomplete one is kept as a draft, and the page says what is missing."""
    draft = fields.get("then") == ["draft"]
    given, wrong = _save(data, item_id, visitor, fields, final=not draft)
    if draft or wrong:
        return _page(request, data, item_id, visitor, given=given, wrong=wrong, code=422 if wrong else 200, kept=draft)
    if fields.get("then") == ["stop"]:
        return RedirectResponse("/?saved", 303)
    following = queue.take(data, visitor)
    return RedirectResponse("/?saved&nothing" if following is None else f"/items/{following}?saved", 303)


@router.post("/items/{item_id}/draft", openapi_extra=_BODY, status_code=204)
def draft(item_id: ItemId, data: Data, visitor: Judge, fields: Form) -> Response:
    """What the page saves by itself."""
    _save(data, item_id, visitor, fields, final=False)
    return Response(status_code=204)


def _save(data: Database, item_id: int, visitor: Visitor, fields: dict[str, list[str]], *, final: bool) -> tuple[Answer, dict[str, str]]:
    try:
        return queue.answer(data, item_id, visitor, fields, final=final)
    except LookupError:
        raise HTTPException(404) from None
    except queue.Closed as reason:
        raise HTTPException(409, str(reason)) from None


def _page(
    request: Request,
    data: Database,
    item_id: int,
    visitor: Visitor,
    *,
    given: Answer | None = None,
    wrong: dict[str, str] | None = None,
    code: int = 200,
    kept: bool = False,
) -> Response:
    with data.read() as connection:
        found = queue.find(connection, item_id, visitor)
        if found is None:
            raise HTTPException(404)
        item, assignment = found
        known = latest(connection, [assignment.id]).get(assignment.id, (Answer(), False))
        others = [r.answer for r in reviews(connection, item_id)[: queue.REVIEWS]] if visitor.role == queue.ADJUDICATOR else []
        closed = queue.closed(connection, item, visitor)
    facts = {
        "Persona": {k.replace("_", " "): _words(v) for k, v in item.persona.items() if k != "persona_id"},
        "Scenario": {k.replace("_", " "): _words(v) for k, v in item.scenario.items() if k != "scenario_id"},
    }
    return pages(request).show(
        request,
        "item.html.j2",
        code=code,
        item=item,
        facts={title: told for title, told in facts.items() if told},
        scales=SCALES,
        reasons=REASONS,
        apart=APART,
        answer=given or known[0],
        wrong=wrong or {},
        others=others,
        closed=closed,
        finished=assignment.finished is not None,
        changed=assignment.finished is not None and not known[1],
        saved="saved" in request.query_params,
        kept=kept,
    )


def _words(value: Any) -> str:
    return "; ".join(str(v) for v in value) if isinstance(value, list) else str(value)
