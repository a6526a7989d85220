"""`tide study`: the human study of a run; one file per verb."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tidelab.web.database import Database

RUN = typer.Option("--run", metavar="DIR", help="run directory of an earlier `tide run`")
DATABASE = typer.Option(
    envvar="TIDELAB_DATABASE", show_envvar=False, help="sqlite:///FILE or postgresql://USER@HOST/NAME; DIR/study/study.db where left out"
)
JSON = typer.Option("--json", help="print the result as JSON")
VERBS = ("init", "power", "serve", "invite", "status", "simulate", "export", "import", "withdraw", "backup")


def register(app: typer.Typer) -> None:
    """Adds the verb's group."""
    study = typer.Typer(help="Let people rate replies, blinded and balanced, in pages that treat them with care.", no_args_is_help=True)
    for verb in VERBS:
        importlib.import_module(f"tidelab.cli.study_{verb}").register(study)
    app.add_typer(study, name="study")


def folder(run: Path) -> Path:
    """Where a run's study lives. TidelabError if `run` is no run directory."""
    from tidelab.run import RunDirectory

    RunDirectory(run)
    return run / "study"


def opened(run: Path, url: str | None, name: str = "study.db") -> Database:
    """The study's database of a run; rows that have reached the end of the retention period are deleted first."""
    from tidelab.study import people
    from tidelab.study.store import open_database

    place = folder(run)
    database = open_database(url or f"sqlite:///{(place / name).absolute()}")
    people.retain(database, folder=place)
    return database
