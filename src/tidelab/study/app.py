"""The study's web application: web/ gives headers, limits and staff sign-in, each file of pages/ a page."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from tidelab.study import people
from tidelab.study.pages import care, dashboard, door, step
from tidelab.study.session import REQUESTS, at_first, guard
from tidelab.study.store import Version, version
from tidelab.web.app import make_app
from tidelab.web.database import Database
from tidelab.web.limits import Rate

log = logging.getLogger("tidelab.web")
DAY = 86_400.0
"""Seconds from one look at the retention period to the next."""
JOINS = 120
"""New sessions from one address in a minute: a class of students behind one address may begin together."""


def study_app(database: Database, *, folder: Path | None, secure: bool = False, kind: str = "real") -> FastAPI:
    """The pages on an open database with an installed study.

    folder: where `withdrawals.log` is kept; kind: of new sessions: `real`, `simulated`, or `preview`, which is never exported.
    """
    with database.read() as connection:
        newest: Version = version(connection)
    design = newest.design
    titles = {language: design.said(language).title for language in design.languages}
    app = make_app(
        database,
        room="study",
        title=design.title,
        secure=secure,
        home="/staff",
        guarded=guard,
        languages=design.languages,
        titles=titles,
    )
    app.state.folder, app.state.kind, app.state.newest = folder, kind, newest
    app.state.versions = {}
    app.state.rate, app.state.joins = Rate(REQUESTS, 60), Rate(JOINS, 60)
    always = {"contact": design.contact, "organisation": design.organisation, "kind": kind}
    app.state.pages.always = always | {"person": None, "own": design.resources, "cards": [], "language": ""}
    app.state.pages.at_first = at_first
    for page in (door, step, care, dashboard):
        app.include_router(page.router)
    app.router.lifespan_context = _daily
    return app


@contextlib.asynccontextmanager
async def _daily(app: FastAPI) -> AsyncIterator[None]:
    """While the server runs, the retention period is enforced once a day, whether anybody comes or not."""
    task = asyncio.create_task(_retain(app))
    yield
    task.cancel()


async def _retain(app: FastAPI) -> None:
    while True:
        await asyncio.sleep(DAY)  # first: whoever opened the database has just done it
        try:
            await asyncio.to_thread(people.retain, app.state.database, folder=app.state.folder)
        except (SQLAlchemyError, OSError) as error:  # tomorrow again; a server must not end over it
            log.warning("the retention period could not be enforced today: %s", type(error).__name__)
