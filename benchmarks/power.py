"""Does a study find what `tide study power` promised? Its promise beside how often the analysis itself finds a planted difference.

    python benchmarks/power.py [--studies 600] [--out benchmarks/results/power.json]

For several sizes of study the promise is asked for; then other studies are simulated into the tables that a study exports, careless
people, drop-outs and failed attention checks included; sessions that are flagged are left out, as the plan says, and `analysis.systems`'
mixed model tests the two systems. Goal: found as often as promised, within 5 points.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from result import tell

from tidelab.analysis.design import coded
from tidelab.analysis.safe import exact
from tidelab.analysis.systems import fit_linear
from tidelab.study.design import Design, defaults
from tidelab.study.minds import Effects, World
from tidelab.study.power import hash_seed, power
from tidelab.study.simulate import tables

LEVEL, GOAL = 0.05, 0.05
SYSTEMS = ("nano-3m@fine-tuned", "nano-3m@zero-shot", "reference", "floor:nearest")


def design(items: int) -> tuple[Design, dict[str, str]]:
    """A study of four systems, five conversations to a person, and the conversations' themes."""
    names = [f"c{i:03}" for i in range(items)]
    made = defaults() | {"items": names, "systems": list(SYSTEMS), "per_participant": {"items": 5, "systems": 4}, "seed": 11}
    return Design.model_validate(made), dict.fromkeys(names, "sleep")


def found(made: Design, themes: dict[str, str], effects: Effects, people: int, difference: float, number: int) -> bool:
    """Whether one simulated study finds the difference between the first two systems, on its first scale."""
    import polars as pl

    world = World(replace(effects, system={SYSTEMS[1]: -difference}), hash_seed(4_211, number))
    told = tables(made, themes, world, people)
    kept = told["participants"].filter(pl.col("flags").list.len() == 0)["participant_id"]
    scale = made.scales[0].name
    c = coded(told["ratings"].filter(pl.col("participant_id").is_in(kept.to_list()) & (pl.col("factor") == scale)))
    fit, _ = fit_linear(c)
    row = np.concatenate([[0.0], c.contrast(c.systems.index(SYSTEMS[0])) - c.contrast(c.systems.index(SYSTEMS[1]))])
    test = fit.test(row)
    return bool(test.p < LEVEL and test.estimate > 0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--studies", type=int, default=600)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    effects, rows = Effects(), []
    for items, people, difference in ((20, 24, 0.3), (20, 48, 0.3), (40, 48, 0.25), (40, 96, 0.2)):
        made, themes = design(items)
        how = {"effects": effects, "alpha": LEVEL, "aim": 0.8, "simulations": chosen.studies, "seed": 7}
        told = power(made, themes, participants=people, difference=difference, **how)
        hits = sum(found(made, themes, effects, people, difference, n) for n in range(chosen.studies))
        low, high = exact(hits, chosen.studies, 0.95)
        rows.append(
            {
                "conversations": items,
                "sessions": people,
                "difference": difference,
                "promised": round(told.power, 3),
                "found": round(hits / chosen.studies, 3),
                "low": round(low, 3),
                "high": round(high, 3),
                "apart": round(hits / chosen.studies - told.power, 3),
                "false_alarms": round(told.false_alarms, 3),
            }
        )
        print(rows[-1], flush=True)
    tell(
        {"studies": chosen.studies, "level": LEVEL, "goal": GOAL, "sizes": rows, "met": all(abs(r["apart"]) <= GOAL for r in rows)},
        chosen.out,
    )


if __name__ == "__main__":
    main()
