"""`tide review export`: decisions, ratings and revisions as files."""

from __future__ import annotations

import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.review import DATABASE, JSON, RUN


class Format(StrEnum):
    """Of the files."""

    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"


def register(review: typer.Typer) -> None:
    """Adds the verb."""
    review.command(epilog="Example:  tide review export --run runs/quick --format csv")(export)


def export(
    run: Annotated[Path, RUN],
    out: Annotated[Path | None, typer.Option(help="directory for the files; DIR/review where left out")] = None,
    form: Annotated[Format, typer.Option("--format", help="of the files")] = Format.jsonl,
    database: Annotated[str | None, DATABASE] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write decisions, ratings and revisions. `corpus.decisions` reads the decisions, so that only approved items enter a corpus."""
    from tidelab.cli.review import opened
    from tidelab.review.export import export as write

    folder = out or run / "review"
    rows = write(opened(run, database), folder, form.value)
    files = {name: str(folder / f"{name}.{form.value}") for name in rows}
    print(json_module.dumps({"rows": rows, "files": files}) if json else "\n".join(f"{files[n]}: {c} rows" for n, c in rows.items()))
