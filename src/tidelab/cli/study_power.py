"""`tide study power`: participants for a difference, and the difference for a number of participants."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidelab.cli.study import JSON, RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidelab.study.design import Design
    from tidelab.study.minds import Effects
    from tidelab.study.power import Power


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study power --run runs/quick --difference 0.3")(power)


def power(
    run: Annotated[Path, RUN],
    difference: Annotated[
        float, typer.Option(min=0.01, max=4, help="smallest difference between two systems that matters, in points")
    ] = 0.3,
    participants: Annotated[
        int | None, typer.Option(min=4, max=20_000, help="power of this many sessions; else the fewest that suffice")
    ] = None,
    aim: Annotated[float, typer.Option("--power", min=0.5, max=0.999, help="chance to find the difference")] = 0.8,
    alpha: Annotated[
        float, typer.Option(min=1e-6, max=0.5, help="of the two-sided test; divide it by the number of tests yourself")
    ] = 0.05,
    simulations: Annotated[int, typer.Option(min=10, max=100_000, help="simulated studies of each size")] = 200,
    most: Annotated[int, typer.Option(min=12, max=20_000, help="largest number of sessions tried")] = 400,
    severity: Annotated[float, typer.Option(min=0, help="standard deviation between raters")] = 0.45,
    scenario: Annotated[float, typer.Option(min=0, help="between conversations")] = 0.2,
    reply: Annotated[float, typer.Option(min=0, help="between replies of one system")] = 0.25,
    noise: Annotated[float, typer.Option(min=0.01, help="of one answer")] = 0.8,
    seed: Annotated[int, typer.Option(min=0, help="of the simulation")] = 7,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Simulate studies of DIR/study/study.yaml under the planned mixed model. The assumed variation is made up: give your pilot's."""
    from tidelab.run import RunDirectory
    from tidelab.study import items
    from tidelab.study.design import load
    from tidelab.study.minds import Effects
    from tidelab.study.power import rows

    design = load(run / "study" / "study.yaml")
    themes = {s.conversation_id: s.theme for s in items.stimuli(RunDirectory(run), design.items, design.systems)}
    effects = Effects(severity=severity, scenario=scenario, reply=reply, noise=noise)
    found = compute(design, themes, difference, effects, alpha, aim, simulations, seed, participants, most, quiet=json)
    enough = next((p for p in found if p.power >= aim), None)
    if json:
        print(json_module.dumps({"needed": enough.participants if enough else None, "aim": aim, "alpha": alpha, "tried": rows(found)}))
        return
    for p in found:
        typer.echo(
            f"{p.participants:5} sessions: power {p.power:.2f} (simulation error {p.error:.2f}) for a difference of {p.difference:g}; "
            f"{p.false_alarms:.2f} false alarms; detectable {p.detectable:.2f}"
        )
    if participants is None:
        told = (
            f"{enough.participants} completed sessions suffice"
            if enough
            else f"not reached with {most}: more conversations help more than more people"
        )
        typer.echo(told)


def compute(
    design: Design,
    themes: Mapping[str, str],
    difference: float,
    effects: Effects,
    alpha: float,
    aim: float,
    simulations: int,
    seed: int,
    participants: int | None,
    most: int,
    *,
    quiet: bool,
) -> list[Power]:
    """Power at one size, or at those that a search for the fewest tries. TidelabError where there are no two systems to compare."""
    from rich.progress import Progress

    from tidelab.errors import TidelabError
    from tidelab.study import power as room

    if len(design.systems) < 2:
        raise TidelabError("a difference needs two systems", where="study.yaml: systems", mend="name at least two")
    with Progress(transient=True, disable=quiet) as bar:

        def at(count: int) -> Power:
            task = bar.add_task(f"{count} sessions", total=simulations)
            told = room.power(
                design,
                themes,
                participants=count,
                difference=difference,
                effects=effects,
                alpha=alpha,
                aim=aim,
                simulations=simulations,
                seed=seed,
                progress=lambda done, _total: bar.update(task, completed=done),
            )
            bar.remove_task(task)
            return told

        return [at(participants)] if participants else room.search(aim, room.sizes(design, most), at)
