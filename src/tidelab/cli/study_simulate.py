"""`tide study simulate`: participants with known effects, into a database of their own."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import JSON, RUN


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study simulate --participants 60 --run runs/quick")(simulate)


def simulate(
    run: Annotated[Path, RUN],
    participants: Annotated[int, typer.Option(min=1, max=20_000, help="simulated sessions")] = 60,
    pages: Annotated[bool, typer.Option("--pages", help="answer through the real pages of a server on this machine, slower")] = False,
    largest: Annotated[float, typer.Option(min=0, max=3, help="points by which the last system is planted below the first")] = 0.8,
    seed: Annotated[int, typer.Option(min=0, help="of everything that is drawn")] = 7,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Fill DIR/study/simulated.db, and say how well the planned analysis finds what was planted. Nothing of it decides a claim."""
    from tidelab.cli.study import opened
    from tidelab.run import RunDirectory
    from tidelab.study import items, store
    from tidelab.study.collect import collect
    from tidelab.study.design import load
    from tidelab.study.minds import Effects, World, spread
    from tidelab.study.recover import recover
    from tidelab.study.simulate import fill
    from tidelab.study.through import through_pages

    design = load(run / "study" / "study.yaml").model_copy(update={"target": 1_000_000})
    data = opened(run, None, "simulated.db")
    store.install(data, design, items.stimuli(RunDirectory(run), design.items, design.systems), new_version=True)
    world = World(Effects(system=spread(design.systems, largest)), seed)
    finished = through_pages(data, world, participants, folder=run / "study") if pages else fill(data, world, participants)
    full = collect(data)
    found = recover(full["ratings"], full["participants"], world, design.scales[-1].name)
    if json:
        print(json_module.dumps({"sessions": participants, "finished": finished, "recovered": [r.row() for r in found]}))
        return
    typer.echo(
        f"{participants} simulated sessions added, {finished} of them finished; see: tide study status --run {run} --database {data.name}"
    )
    typer.echo(f"planted and recovered on {design.scales[-1].name}, simulated data:")
    for r in found:
        typer.echo(f"  {r.effect}: planted {r.planted:+.2f}, recovered {r.recovered:+.2f} ({r.low:+.2f} to {r.high:+.2f})")
