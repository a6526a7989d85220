"""How `tide score`, `analyse` and `report` carry out an existing run up to their stage."""

from __future__ import annotations

from pathlib import Path

import typer

LIMIT = typer.Option(min=1, help="only the first N test conversations of each source")
JSON = typer.Option("--json", help="print the result as JSON")


def until(room: str, directory: Path, limit: int | None, json: bool) -> None:
    """Carries out a run's cells up to and with a room, and exits with what came of it."""
    from tidelab.cli.carry_out import carry_out
    from tidelab.run.directory import RunDirectory
    from tidelab.settings import resolve

    RunDirectory(directory)  # says what is wrong if this is no run
    resolved = resolve(str(directory / "experiment.yaml"), [f"corpus.limit={limit}"] if limit else [])
    raise typer.Exit(carry_out(resolved.experiment, directory, until=room, json=json))
