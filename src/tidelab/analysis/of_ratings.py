"""The cells that put the questions about people's ratings to a run's simulated study, so that each can be seen before a person is asked.

Simulated ratings are nobody's: what they answer is marked as such where it stands, and decides no claim.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tidelab.run.cells import Cell, Work

if TYPE_CHECKING:
    import polars as pl

    from tidelab.analysis.result import Answer
    from tidelab.experiment import Experiment

SIMULATED = "ratings/simulated"
NOBODY = "Simulated ratings: no person was asked. They show that the analysis works, and decide nothing."
MARGIN = 0.5  # rating points


@dataclass(frozen=True)
class Recovered:
    """One effect that the simulation planted, and what the analysis found of it."""

    factor: str
    effect: str
    planted: float
    recovered: float
    low: float
    high: float
    covered: bool


def cells(experiment: Experiment) -> list[Cell]:
    """A cell for each question, where `study.simulated` asks for participants."""
    if not experiment.study.simulated:
        return []
    settings = {"resamples": experiment.analysis.resamples, "confidence": experiment.analysis.confidence, "seed": experiment.seed}
    asked: dict[str, Callable[[Work, pl.DataFrame], Answer]] = {
        "simulation": _simulation,
        "systems": _systems,
        "people_agree": _people_agree,
        "preferences": _preferences,
        "near_in_ratings": _near,
    }
    return [Cell(f"analysis/{name}", settings, partial(_answer, question), (SIMULATED,)) for name, question in asked.items()]


def _answer(question: Callable[[Work, pl.DataFrame], Answer], work: Work) -> None:
    people = work.read(SIMULATED, "participants").drop("source", "flags", "seconds")
    answer = question(work, work.read(SIMULATED, "ratings").join(people, on="participant_id", how="left"))
    for name, table in answer.tables().items():
        work.write(name, table)
    marked = dataclasses.replace(answer, asks=f"{answer.asks} (simulated)", reading=(NOBODY, *answer.reading))
    work.write_text("result.json", marked.to_json())


def _simulation(work: Work, ratings: pl.DataFrame) -> Answer:
    from tidelab.analysis.result import Answer, Result

    rows = tuple(Recovered(**row) for row in work.read(SIMULATED, "recovered").to_dicts())
    inside = sum(r.covered for r in rows)
    people = ratings["participant_id"].n_unique()
    found = f"{inside} of {len(rows)} planted effects lie in their 95% interval."
    told = f"{people} simulated participants gave {ratings.height:,} ratings; {found}"
    asks = "Does the study find the effects that were planted in it?"
    return Answer("simulation", asks, {"recovered": Result(Recovered, rows, {})}, (told,))


def _systems(work: Work, ratings: pl.DataFrame) -> Answer:
    from tidelab.analysis.systems import systems

    return systems(ratings, confidence=work.cell.decides["confidence"])


def _people_agree(work: Work, ratings: pl.DataFrame) -> Answer:
    from tidelab.analysis.people_agree import people_agree

    return people_agree(ratings, scale=(1, 5), resamples=min(1_000, work.cell.decides["resamples"]), seed=work.cell.decides["seed"])


def _preferences(work: Work, ratings: pl.DataFrame) -> Answer:
    from tidelab.analysis.preferences import preferences

    return preferences(ratings, margin=MARGIN, k=5, confidence=work.cell.decides["confidence"])


def _near(work: Work, ratings: pl.DataFrame) -> Answer:
    from tidelab.analysis.near import near_in_ratings

    return near_in_ratings(ratings, "reference", margin=MARGIN, level=1 - work.cell.decides["confidence"])
