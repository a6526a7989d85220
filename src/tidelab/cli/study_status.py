"""`tide study status`: how the study stands."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import DATABASE, JSON, RUN


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study status --run runs/quick")(status)


def status(
    run: Annotated[Path, RUN],
    database: Annotated[str | None, DATABASE] = None,
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="it has leapt and was doubted: delete whose retention period is over")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Say who has come how far, how the arms are balanced, what is flagged, and where people stopped. No single answer is shown."""
    from tidelab.cli.study import folder, opened
    from tidelab.study import people
    from tidelab.study.status import status as compute
    from tidelab.web.words import words

    data = opened(run, database)
    if clock_is_right:
        people.retain(data, folder=folder(run), sure=True)
    found = compute(data)
    if json:
        print(json_module.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"{found['condition']}: {found['completed']} of {found['target']} sessions completed")
    if found["clock"]:
        typer.echo(words("en", "study")("clock_doubt", **found["clock"]))
    if found["simulated"]:
        typer.echo(f"{found['simulated']} sessions are simulated")
    typer.echo("sessions: " + (", ".join(f"{n} {what}" for what, n in found["sessions"].items()) or "none yet"))
    for system, completed, live in found["balance"]["systems"]:
        typer.echo(f"  {system}: {completed} completed, {live} live")
    typer.echo(f"two arms of item and system differ by {found['balance']['spread']} completed sessions at most")
    for what, n in found["quality"].items():
        typer.echo(f"{what}: {n}")
    for step, n in found["stopped"].items():
        typer.echo(f"stopped at {step}: {n}")
    for event in found["adverse"]:
        typer.echo(f"adverse event {event['at']}: {event['what']}; {event['done']}")
