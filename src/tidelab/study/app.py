"""The study's web application: web/ gives headers, limits and staff sign-in, each file of pages/ a page."""

from __future__ import annotations

import time
from pathlib import Path

from fastapi import FastAPI

from tidelab.study.pages import care, dashboard, door, step
from tidelab.study.session import REQUESTS, guard
from tidelab.study.store import Version, version
from tidelab.web.app import make_app
from tidelab.web.database import Database
from tidelab.web.limits import Rate

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
    app.state.retained = time.monotonic()  # when the retention period was last enforced; `opened` has just done so
    app.state.versions = {}
    app.state.rate, app.state.joins = Rate(REQUESTS, 60), Rate(JOINS, 60)
    always = {"contact": design.contact, "organisation": design.organisation, "kind": kind}
    app.state.pages.always = always | {"person": None, "own": design.resources, "cards": [], "language": ""}
    for page in (door, step, care, dashboard):
        app.include_router(page.router)
    return app
