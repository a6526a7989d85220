"""make_app: a FastAPI application with sign-in, error pages, headers and limits, to which a room adds its routes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from starlette.exceptions import HTTPException as StarletteHTTPException

from tidelab.web import people
from tidelab.web.database import Database
from tidelab.web.headers import Headers
from tidelab.web.limits import BodyLimit, Guesses
from tidelab.web.page import Pages
from tidelab.web.people import SESSION_HOURS, Visitor
from tidelab.web.session import COOKIE, guard, signed_in
from tidelab.web.session import database as opened

log = logging.getLogger("tidelab.web")


def make_app(
    database: Database,
    *,
    room: str,
    title: str,
    secure: bool = False,
    home: str = "/",
    guarded: Callable[..., Any] = guard,
    languages: Sequence[str] = ("en",),
    titles: Mapping[str, str] | None = None,
) -> FastAPI:
    """An application on `database`.

    room: whose templates it shows; secure: browsers come through TLS, so the cookie demands it; home: where a personal link leads;
    guarded: the check before every route, where not everybody who sends a form has signed in; languages: of the pages, their own one first;
    titles: {language: title} where it differs.
    """
    # FastAPI can send traces and errors elsewhere if the environment says so; answers must stay here.
    silent: Any = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
    app = FastAPI(title=title, openapi_url=None, docs_url=None, redoc_url=None, dependencies=[Depends(guarded)], telemetry=silent)
    app.state.database, app.state.pages, app.state.home = database, Pages(room, title, languages, titles), home
    app.state.secure, app.state.guesses = secure, Guesses()
    app.mount("/static", StaticFiles(directory=Path(str(resources.files("tidelab.web"))) / "static"), name="static")
    app.add_middleware(BodyLimit)
    app.add_middleware(Headers, secure=secure)
    app.get("/enter/{token}")(enter)
    app.post("/sign-out")(sign_out)
    _errors(app)
    return app


def enter(request: Request, token: str, data: Annotated[Database, Depends(opened)]) -> Response:
    """A personal link: sets the session's cookie and leads on, so that the token leaves the address bar."""
    guesses: Guesses = request.app.state.guesses
    address = request.client.host if request.client else ""
    if guesses.blocked(address):
        raise HTTPException(429, "many_links")
    session = people.enter(data, token)
    if session is None:
        guesses.failed(address)
        raise HTTPException(403, "bad_link")
    response = RedirectResponse(request.app.state.home, 303)
    # Lax and not Strict: links come by mail, and a Strict cookie would be missing on the page that they lead to.
    secure: bool = request.app.state.secure
    response.set_cookie(COOKIE, session, max_age=3600 * SESSION_HOURS, httponly=True, samesite="lax", secure=secure)
    return response


def sign_out(request: Request, data: Annotated[Database, Depends(opened)], _visitor: Annotated[Visitor, Depends(signed_in)]) -> Response:
    """Ends the session."""
    people.leave(data, request.cookies[COOKIE])
    request.state.visitor = None
    response = pages(request).show(request, "signed_out.html.j2")
    response.delete_cookie(COOKIE)
    return response


def pages(request: Request) -> Pages:
    """The app's templates."""
    shown: Pages = request.app.state.pages
    return shown


def _errors(app: FastAPI) -> None:
    def page(request: Request, status: int, told: str) -> HTMLResponse:
        """`told`: a key of the words, or a room's own text."""
        say = pages(request).words(request)
        title = f"title_{status}" if f"title_{status}" in say else "title_other"
        told = say(told) if told in say else told
        return pages(request).show(request, "error.html.j2", code=status, title=say(title), told=told)

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> Response:
        standard = {404: "not_there", 405: "not_so"}
        response = page(request, error.status_code, standard.get(error.status_code, str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, _error: RequestValidationError) -> Response:
        return page(request, 404, "not_there")

    async def unreachable(request: Request, error: Exception) -> Response:
        log.error("database: %s", type(error).__name__)
        request.state.visitor = None
        return page(request, 503, "database_gone")

    for kind in (OperationalError, InterfaceError, TimeoutError):
        app.add_exception_handler(kind, unreachable)

    @app.exception_handler(Exception)
    async def bug(request: Request, _error: Exception) -> Response:
        request.state.visitor = None
        return page(request, 500, "our_fault")
