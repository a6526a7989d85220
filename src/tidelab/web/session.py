"""Dependencies of pages: who is there, and whether a form was really sent from one of our pages."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData

from tidelab.web import people
from tidelab.web.database import Database
from tidelab.web.limits import FIELD
from tidelab.web.people import Visitor

COOKIE = "tidelab_session"
SAFE = {"GET", "HEAD", "OPTIONS"}


def database(request: Request) -> Database:
    """The app's database."""
    opened: Database = request.app.state.database
    return opened


def anyone(request: Request, data: Annotated[Database, Depends(database)]) -> Visitor | None:
    """The visitor, or None before sign-in."""
    token = request.cookies.get(COOKIE)
    request.state.visitor = people.visitor(data, token) if token else None
    visitor: Visitor | None = request.state.visitor
    return visitor


def signed_in(visitor: Annotated[Visitor | None, Depends(anyone)]) -> Visitor:
    """The visitor; 401 before sign-in."""
    if visitor is None:
        raise HTTPException(401, "no_session")
    return visitor


def only(*roles: str) -> object:
    """A dependency that lets in visitors with one of `roles`; 403 for others."""

    def checked(visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
        if visitor.role not in roles:
            raise HTTPException(403, "other_role")
        return visitor

    return Depends(checked)


async def form(request: Request) -> dict[str, list[str]]:
    """The fields of a form, each with its values in order. 400 for files, NUL characters and fields that are too long."""
    sent: FormData = await request.form(max_files=0, max_fields=200, max_part_size=4 * FIELD)
    fields: dict[str, list[str]] = {}
    for name, value in sent.multi_items():
        if not isinstance(value, str) or "\x00" in value:
            raise HTTPException(400, "no_form")
        if len(value) > FIELD:
            raise HTTPException(413, "long_field")
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return fields


async def guard(request: Request, visitor: Annotated[Visitor | None, Depends(anyone)]) -> None:
    """On every route: whatever changes something needs a session and that session's own word."""
    if request.method in SAFE:
        return
    if visitor is None:
        raise HTTPException(401, "no_session")
    word = (await form(request)).get("csrf", [""])[0]
    if not hmac.compare_digest(word.encode(), visitor.csrf.encode()):
        raise HTTPException(403, "foreign_form")
