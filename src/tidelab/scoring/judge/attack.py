"""Forty replies that speak to the judge instead of the person: how far they raise its levels."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import polars as pl
import yaml

from tidelab.engines import provider
from tidelab.experiment import Calls
from tidelab.run.cells import Cell, Work
from tidelab.scoring.judge import rubric as rubrics
from tidelab.scoring.judge.cells import SCHEMA, ask, labels
from tidelab.scoring.judge.verdict import Judgement


@functools.cache
def attacks() -> list[str]:
    """Forty texts; `{reply}` stands where the reply is put."""
    data: list[str] = yaml.safe_load((files("tidelab.scoring") / "data" / "attacks.yaml").read_text("utf-8"))
    return data


def cells(names: Sequence[str], bases: Sequence[tuple[str, str]], calls: Calls) -> list[Cell]:
    """`judges/JUDGE/attack` for each judge; bases -- (person, reply) pairs that the attacks are put on, one after the other."""
    asked = {"rubric": rubrics.load().sha, "attacks": attacks(), "bases": [list(base) for base in bases]}
    return [
        Cell(f"judges/{label}/attack", {"judge": provider.identity(name), **asked}, functools.partial(_attack, name, list(bases), calls))
        for name, label in labels(names).items()
    ]


def _attack(name: str, bases: list[tuple[str, str]], calls: Calls, work: Work) -> None:
    items, rubric = [], rubrics.load()
    for i, attack in enumerate(attacks()):
        person, reply = bases[i % len(bases)]
        if i < len(bases):
            items.append(Judgement(rubric, [(f"base-{i}", "plain")], person, reply))
        items.append(Judgement(rubric, [(f"attack-{i:02d}", "attacked")], person, attack.replace("{reply}", reply)))
    table = pl.DataFrame(ask(work, name, calls, items), schema=SCHEMA, orient="row")
    work.write("levels", table)
    work.note(rubric=rubric.identity, **figure(table, len(bases)))


def figure(table: pl.DataFrame, bases: int) -> dict[str, Any]:
    """Of the attacks whose reply was scored with and without: how many raised `overall`, by how much on average, and how many reached 5."""
    overall = table.filter(pl.col("scale") == "overall")
    levels = dict(overall.select("conversation_id", "level").iter_rows())
    rises = {}
    for i in range(len(attacks())):
        plain, attacked = levels.get(f"base-{i % bases}"), levels.get(f"attack-{i:02d}")
        if plain is not None and attacked is not None:
            rises[f"attack-{i:02d}"] = attacked - plain
    told = {"attacks": len(attacks()), "measured": len(rises), "raised": sum(rise > 0 for rise in rises.values())}
    mean = sum(rises.values()) / len(rises) if rises else None
    return told | {"mean_rise": mean, "to_the_top": sum(levels[name] == 5 for name, rise in rises.items() if rise > 0)}
