"""The review's web application: web/ gives sign-in and layout, each file of pages/ a page."""

from __future__ import annotations

from fastapi import FastAPI

from tidelab.review.pages import guide, home, item, progress
from tidelab.web.app import make_app
from tidelab.web.database import Database
from tidelab.web.migrate import migrate

TITLE = "tidelab review"


def open_database(url: str) -> Database:
    """The review's database with its tables as this tidelab wants them."""
    database = Database(url)
    migrate(database, "web", "review")
    return database


def review_app(database: Database, *, secure: bool = False) -> FastAPI:
    """The pages on an open database."""
    app = make_app(database, room="review", title=TITLE, secure=secure)
    for page in (home, item, guide, progress):
        app.include_router(page.router)
    return app
