"""`tide study backup`: one file with everything, and the way back."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import DATABASE, JSON, RUN


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study backup --run runs/quick --out backups/study.gz")(backup)


def backup(
    run: Annotated[Path, RUN],
    out: Annotated[Path | None, typer.Option(help="file to write; DIR/study/backup-DATE.gz where left out")] = None,
    restore: Annotated[Path | None, typer.Option(help="fill the empty database from this file instead; withdrawals are replayed")] = None,
    database: Annotated[str | None, DATABASE] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Back up the study while it is served, or restore it. Keep DIR/study/withdrawals.log beside your backups: a restore needs it."""
    from tidelab.cli.study import folder, opened
    from tidelab.study import backup as room
    from tidelab.web.database import now

    data, place = opened(run, database), folder(run)
    if restore is not None:
        rows = room.restore(data, restore, folder=place)
        path = restore
    else:
        path = out or place / f"backup-{now():%Y-%m-%d-%H%M%S}.gz"
        rows = room.backup(data, path)
    counts = ", ".join(f"{n} {name.removeprefix('study_')}" for name, n in rows.items())
    print(json_module.dumps({"file": str(path), "rows": rows}) if json else f"{path}: {counts}")
