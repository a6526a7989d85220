"""The study's cell in a run: a simulated study of the run's own replies, so that analyses can be seen before a person is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tidelab.run.cells import Cell, Work

if TYPE_CHECKING:
    import polars as pl

    from tidelab.experiment import Experiment
    from tidelab.study.assign import Showing

ITEMS = 20


def cells(experiment: Experiment) -> list[Cell]:
    """One cell, `ratings/simulated`, where `study.simulated` asks for participants."""
    count = experiment.study.simulated
    if not count:
        return []
    systems = [s.system_id for s in experiment.systems()]
    decides = {"participants": count, "systems": systems, "items": ITEMS, "seed": experiment.seed}
    return [Cell("ratings/simulated", decides, _simulated, version=2, needs=("corpus/split", *(f"replies/{s}" for s in systems)))]


def _simulated(work: Work) -> None:
    import polars as pl

    from tidelab.study.begin import design
    from tidelab.study.items import REFERENCE, stimuli
    from tidelab.study.minds import Effects, World, spread
    from tidelab.study.recover import recover
    from tidelab.study.simulate import tables

    d = work.cell.decides
    chosen = _answering(work, [REFERENCE, *d["systems"]])
    made = design(work.run, chosen, d["items"], (5, 4), seed=d["seed"], name="simulated")
    themes = {s.conversation_id: s.theme for s in stimuli(work.run, made.items, made.systems)}
    world = World(Effects(system=spread(made.systems)), d["seed"])
    found = tables(made, themes, world, d["participants"])
    found["ratings"] = found["ratings"].with_columns(
        validation_order=pl.Series(_coins(found["ratings"], world.validates, ("before", "after"))),
        layering=pl.Series(_coins(found["ratings"], world.layered, ("layered", "plain"))),
    )
    for name, table in found.items():
        work.write(name, table)
    rows = [
        {"factor": scale.name} | r.row()
        for scale in made.scales
        for r in recover(found["ratings"], found["participants"], world, scale.name)
    ]
    columns = {"factor": pl.String, "effect": pl.String} | dict.fromkeys(("planted", "recovered", "low", "high"), pl.Float64)
    work.write("recovered", pl.DataFrame(rows, schema=columns | {"covered": pl.Boolean}, orient="row"))
    work.write_text("study.yaml", made.text())
    silent = [s for s in d["systems"] if s not in chosen]
    warnings = ["ratings are simulated: no person was asked, and they decide no claim"]
    warnings += [f"not in the simulated study, since it leaves most conversations without a reply: {', '.join(silent)}"] if silent else []
    work.note(warnings=warnings, participants=d["participants"])


def _coins(ratings: pl.DataFrame, side: Callable[[Showing], bool], kinds: tuple[str, str]) -> list[str]:
    """The kind that the simulation gave each rated reply."""
    from tidelab.study.assign import Showing

    rated = ratings.select("conversation_id", "system_id").iter_rows()
    return [kinds[0] if side(Showing(conversation, system, 1, 1)) else kinds[1] for conversation, system in rated]


def _answering(work: Work, systems: list[str]) -> list[str]:
    """The systems that say something in at least half of their replies; a silent one would leave no conversation that all have answered."""

    def share(system: str) -> float:
        said = [bool(text and text.strip()) for text in work.read(f"replies/{system}", "replies")["text"].to_list()]
        return sum(said) / max(len(said), 1)

    return [s for s in systems if s == "reference" or share(s) >= 0.5]
