"""`tide review invite`: a personal link."""

from __future__ import annotations

import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.review import DATABASE, JSON, RUN


class Role(StrEnum):
    """What a person may do."""

    reviewer = "reviewer"
    adjudicator = "adjudicator"
    administrator = "administrator"


def register(review: typer.Typer) -> None:
    """Adds the verb."""
    review.command(epilog='Example:  tide review invite "A. Clinician" --role reviewer --run runs/quick')(invite)


def invite(
    name: Annotated[str, typer.Argument(help="by which you know the person; reviewers don't see each other's", show_default=False)],
    run: Annotated[Path, RUN],
    role: Annotated[
        Role, typer.Option(help="reviewer: one of two; adjudicator: decides where they differ; administrator: sees progress")
    ] = Role.reviewer,
    days: Annotated[float, typer.Option(min=0.01, max=366, help="how long the link opens the pages")] = 30,
    address: Annotated[str, typer.Option(help="where the person's browser finds the server")] = "http://127.0.0.1:8321",
    database: Annotated[str | None, DATABASE] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Print a personal link. It is shown once and can't be shown again; a further one can be made at any time."""
    from tidelab.cli.review import opened
    from tidelab.web import people

    token, expires = people.invite(opened(run, database), name, role.value, days)
    link = f"{address.rstrip('/')}/enter/{token}"
    if json:
        print(json_module.dumps({"name": name, "role": role.value, "link": link, "expires": expires.isoformat(timespec="seconds")}))
    else:
        typer.echo(f"{link}\nfor {name}, {role.value}, until {expires:%Y-%m-%d %H:%M} UTC. Whoever has it can answer in this name.")
