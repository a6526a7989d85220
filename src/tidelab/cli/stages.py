"""`tide score`: a stage of an existing run, with what it needs; `analyse` and `report` share how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RUN = typer.Option("--run", metavar="DIR", help="run directory of an earlier `tide run`")
LIMIT = typer.Option(min=1, help="only the first N test conversations of each source")
JSON = typer.Option("--json", help="print the result as JSON")


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command(epilog="Example:  tide score --run runs/quick")(score)


def score(run: Annotated[Path, RUN], limit: Annotated[int | None, LIMIT] = None, json: Annotated[bool, JSON] = False) -> None:
    """Score the replies of a run by every metric, and whatever comes before that and is missing."""
    until("scoring", run, limit, json)


def until(room: str, directory: Path, limit: int | None, json: bool) -> None:
    """Carry out a run up to and with a room, then exit with its code."""
    from tidelab.cli.carry_out import carry_out
    from tidelab.run.directory import RunDirectory
    from tidelab.settings import resolve

    RunDirectory(directory)  # says what is wrong if this is no run
    resolved = resolve(str(directory / "experiment.yaml"), [f"corpus.limit={limit}"] if limit else [])
    raise typer.Exit(carry_out(resolved.experiment, directory, until=room, json=json))
