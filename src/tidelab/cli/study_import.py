"""`tide study import`: ratings that were collected elsewhere."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import JSON


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command("import", epilog="Example:  tide study import ieval_data.json --map ieval --out imported/ieval")(import_ratings)


def import_ratings(
    file: Annotated[Path, typer.Argument(help="CSV (wide or long) or JSON", show_default=False)],
    columns: Annotated[str, typer.Option("--map", help="column map: a YAML file, or a shipped one: ieval")],
    run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="run whose systems were rated; writes DIR/ratings/imported/NAME")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="directory for the tables, where there is no run")] = None,
    prolific: Annotated[Path | None, typer.Option(help="Prolific's demographic export, joined by participant id")] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Read ratings by a column map, check them, and write ratings, participants and quarantine. What is flagged is counted and kept."""
    from tidelab.errors import TidelabError
    from tidelab.run import RunDirectory, atomic
    from tidelab.study.columns import load
    from tidelab.study.importing import read

    if (run is None) == (out is None):
        raise TidelabError("say where the tables go", where="--run, --out", mend="give one of the two")
    folder = out if out is not None else RunDirectory(run).path / "ratings" / "imported" / file.stem  # type: ignore[arg-type]
    found = read(file, load(columns), prolific)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ratings", "participants", "quarantine"):
        atomic.write_parquet(folder / f"{name}.parquet", getattr(found, name))
    told = {"file": file.name, "map": columns, "checks": found.checks, "notes": found.notes}
    atomic.write_json(folder / "import.json", told)
    if json:
        print(json_module.dumps({"folder": str(folder), **told}))
        return
    typer.echo(f"{folder}: {found.checks['ratings']} ratings by {found.checks['participants']} participants")
    for check, count in found.checks.items():
        if check not in ("ratings", "participants"):
            typer.echo(f"  {check}: {count}")
    for note in found.notes:
        typer.echo(f"  {note}")
