"""`tide study init`: study.yaml and a protocol template."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import JSON, RUN


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study init --run runs/quick --items 20 --per-items 5 --per-systems 4")(init)


def init(
    run: Annotated[Path, RUN],
    system: Annotated[
        list[str] | None,
        typer.Option(metavar="SYSTEM", help="a system whose replies are rated; given often; all of the run where left out"),
    ] = None,
    items: Annotated[int, typer.Option(min=1, max=1000, help="conversations, sampled by theme and risk")] = 20,
    per_items: Annotated[int, typer.Option(min=1, max=50, help="conversations that one participant sees")] = 5,
    per_systems: Annotated[int, typer.Option(min=1, max=12, help="replies to each of them")] = 4,
    language: Annotated[
        list[str] | None,
        typer.Option(metavar="LANGUAGE", help="of the pages, e.g. `en`; given often: participants choose, the first is the study's own"),
    ] = None,
    difference: Annotated[float, typer.Option(min=0.01, max=4, help="smallest difference of interest in points, for the protocol")] = 0.3,
    simulations: Annotated[int, typer.Option(min=0, help="simulated studies of each size, for the protocol; 0: none")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="of sampling, groups and orders")] = 7,
    replace: Annotated[bool, typer.Option("--replace", help="begin anew where there is a study.yaml already")] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write DIR/study/study.yaml, to be completed by you, and DIR/study/protocol.md, to take to an ethics board."""
    from tidelab.cli.study_power import compute
    from tidelab.run import RunDirectory
    from tidelab.study import begin
    from tidelab.study import items as texts
    from tidelab.study.minds import Effects

    directory = RunDirectory(run)
    tongues = list(dict.fromkeys(language or ["en"]))
    made = begin.design(directory, system or [], items, (per_items, per_systems), seed=seed, name=run.name, languages=tongues)
    begin.write(directory, made, replace=replace)
    themes = {s.conversation_id: s.theme for s in texts.stimuli(directory, made.items, made.systems)}
    found = []
    if simulations and len(made.systems) > 1:
        found = compute(made, themes, difference, Effects(), 0.05, 0.8, simulations, seed, None, 240, quiet=json)
    enough = next((p.participants for p in found if p.power >= 0.8), made.target)
    made = made.model_copy(update={"target": enough})
    path = begin.write(directory, made, replace=True)
    written = begin.protocol(directory, made, found, 0.8, 0.05)
    if json:
        told = {"study": str(path), "protocol": str(written), "items": made.items, "systems": made.systems, "unready": made.unready()}
        print(json_module.dumps(told))
        return
    typer.echo(f"{path}: {len(made.items)} conversations, {len(made.systems)} systems\n{written}")
    typer.echo("before people can take part, write:\n" + "\n".join(f"  {what}" for what in made.unready()))
    if made.unread():
        typer.echo(
            f"  reviewed: of {', '.join(made.unread())} the words were written by a machine; name it there once a speaker has read them"
        )
    if unsearched := [name for name in made.languages if not name.startswith("en")]:
        typer.echo(f"what people write in {', '.join(unsearched)} is not searched for signs of crisis: tidelab's reading is English only")
    typer.echo(f"see the pages first: tide study serve --preview --run {run}")
