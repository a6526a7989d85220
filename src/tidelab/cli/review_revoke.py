"""`tide review revoke`: ends a person's links."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.review import DATABASE, JSON, RUN


def register(review: typer.Typer) -> None:
    """Adds the verb."""
    review.command(epilog='Example:  tide review revoke "A. Clinician" --run runs/quick')(revoke)


def revoke(
    name: Annotated[str, typer.Argument(help="as it was given to `invite`", show_default=False)],
    run: Annotated[Path, RUN],
    database: Annotated[str | None, DATABASE] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """End all links and sessions of a person at once. What the person has saved stays."""
    from tidelab.cli.review import opened
    from tidelab.web import people

    ended = people.revoke(opened(run, database), name)
    print(json_module.dumps({"name": name, "revoked": ended}) if json else f"{ended} link{'' if ended == 1 else 's'} of {name} revoked")
