"""`tide review`: the clinicians' review of a run; one file per verb."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tidelab.web.database import Database

RUN = typer.Option("--run", metavar="DIR", help="run directory of an earlier `tide run` or `tide corpus write`")
DATABASE = typer.Option(
    envvar="TIDELAB_DATABASE", show_envvar=False, help="sqlite:///FILE or postgresql://USER@HOST/NAME; DIR/review/review.db where left out"
)
JSON = typer.Option("--json", help="print the result as JSON")


def register(app: typer.Typer) -> None:
    """Adds the verb's group."""
    review = typer.Typer(help="Let clinicians judge conversations and replies, and see how far they agree.", no_args_is_help=True)
    for verb in ("serve", "invite", "revoke", "status", "export"):
        importlib.import_module(f"tidelab.cli.review_{verb}").register(review)
    app.add_typer(review, name="review")


def opened(run: Path, url: str | None) -> Database:
    """The review's database of a run. TidelabError if `run` is no run directory."""
    from tidelab.review.app import open_database
    from tidelab.run import RunDirectory

    RunDirectory(run)
    return open_database(url or f"sqlite:///{(run / 'review' / 'review.db').absolute()}")
