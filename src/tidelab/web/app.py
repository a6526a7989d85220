"""make_app: a FastAPI application with sign-in, error pages, headers and limits, to which a room adds its routes."""

from __future__ import annotations

import logging
from collections.abc import Callable
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
TITLES = {
    400: "That can't be used",
    401: "Please sign in",
    403: "Not allowed",
    404: "No such page",
    405: "Not possible here",
    409: "No longer possible",
    413: "Too large",
    429: "Too many tries",
    503: "The database can't be reached",
}
BAD_LINK = "This link doesn't open anything: it may be incomplete, expired or withdrawn. Ask the person who sent it for a new one."


def make_app(
    database: Database,
    *,
    room: str,
    title: str,
    secure: bool = False,
    home: str = "/",
    guarded: Callable[..., Any] = guard,
    language: str = "en",
) -> FastAPI:
    """An application on `database`.

    room: whose templates it shows; secure: browsers come through TLS, so the cookie demands it; home: where a personal link leads;
    guarded: the check before every route, where not everybody who sends a form has signed in; language: of the pages.
    """
    # FastAPI can send traces and errors elsewhere if the environment says so; answers must stay here.
    silent: Any = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
    app = FastAPI(title=title, openapi_url=None, docs_url=None, redoc_url=None, dependencies=[Depends(guarded)], telemetry=silent)
    app.state.database, app.state.pages, app.state.secure, app.state.guesses = database, Pages(room, title, language), secure, Guesses()
    app.state.home = home
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
        raise HTTPException(429, "Too many links that don't open anything came from here. Wait a minute, then open yours again.")
    session = people.enter(data, token)
    if session is None:
        guesses.failed(address)
        raise HTTPException(403, BAD_LINK)
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
        return pages(request).show(request, "error.html.j2", code=status, title=TITLES.get(status, "Something went wrong"), told=told)

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> Response:
        standard = {404: "There is nothing at this address.", 405: "This address can't be used in that way."}
        response = page(request, error.status_code, standard.get(error.status_code, str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, _error: RequestValidationError) -> Response:
        return page(request, 404, "There is nothing at this address.")

    async def unreachable(request: Request, error: Exception) -> Response:
        log.error("database: %s", type(error).__name__)
        request.state.visitor = None
        return page(request, 503, "Nothing was saved just now. Wait a moment, go back and send it again; what was saved before is kept.")

    for kind in (OperationalError, InterfaceError, TimeoutError):
        app.add_exception_handler(kind, unreachable)

    @app.exception_handler(Exception)
    async def bug(request: Request, _error: Exception) -> Response:
        request.state.visitor = None
        return page(request, 500, "This is our fault, and it is in the server's log. What you saved before is kept.")
