"""`tide study export`: de-identified tables for others, full ones into the run."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import DATABASE, JSON, RUN


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study export --run runs/quick")(export)


def export(
    run: Annotated[Path, RUN],
    out: Annotated[Path | None, typer.Option(help="directory for the de-identified files; DIR/study/export where left out")] = None,
    texts: Annotated[bool, typer.Option("--texts", help="free text too: read it first, since it may say who wrote it")] = False,
    extras: Annotated[bool, typer.Option("--extras", help="each person's answers to further questions: may tell who they are")] = False,
    simulated: Annotated[bool, typer.Option("--simulated", help="of the simulated sessions in DIR/study/simulated.db")] = False,
    database: Annotated[str | None, DATABASE] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write ratings and participants as CSV and Parquet with a codebook, coarsened until each combination has 5 people.

    Further questions are counted; each person's answers to them are written with --extras alone.

    The full tables go into DIR/ratings/study, where the analysis reads them; they are not for others.
    """
    from tidelab.cli.study import folder, opened
    from tidelab.study.export import export as write
    from tidelab.study.export import into_run

    data = opened(run, database if not simulated else None, "simulated.db" if simulated else "study.db")
    place = out or folder(run) / ("export-simulated" if simulated else "export")
    note = write(data, place, texts=texts, extras=extras)
    if not simulated:
        into_run(data, run)
    if json:
        print(json_module.dumps({"folder": str(place), **note}))
        return
    typer.echo(f"{place}: " + ", ".join(f"{n} {name}" for name, n in note["rows"].items()))
    for line in note["warnings"]:
        typer.echo(f"  warning: {line}")
    for line in note["coarsened"] or ["nothing had to be coarsened"]:
        typer.echo(f"  {line}")
