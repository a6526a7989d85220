"""The cells that put the questions about people to ratings of a run's replies: collected ones, or simulated ones until there are any.

Simulated ratings are nobody's: what they answer is marked as such where it stands, and decides no claim.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidelab.analysis import ratings_folder
from tidelab.run.cells import Cell, Work

if TYPE_CHECKING:
    import polars as pl

    from tidelab.analysis.result import Answer
    from tidelab.experiment import Experiment

SIMULATED = "ratings/simulated"
COLLECTED = "ratings/collected"
NOBODY = "Simulated ratings: no person was asked. They show that the analysis works, and decide nothing."
K = 5  # fewest people of a group that is shown
Question = Callable[[Work, "pl.DataFrame"], "Answer"]


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
    """The ratings, where there are any, and a cell for each question about them. What was planted is asked of simulated ones alone."""
    path, simulated = experiment.study.ratings, bool(experiment.study.simulated)
    settings = {"resamples": experiment.analysis.resamples, "confidence": experiment.analysis.confidence, "seed": experiment.seed}
    settings |= experiment.study.model_dump(include={"reference", "margin", "exclude"})
    asked: dict[str, Question] = {"systems": _systems, "people_agree": _people_agree, "preferences": _preferences, "near_in_ratings": _near}
    made: list[Cell] = []
    source = COLLECTED if path else SIMULATED if simulated else ""
    if path:
        systems = tuple(f"replies/{s.system_id}" for s in experiment.systems())
        decides = {"ratings": ratings_folder.digest(Path(path))}
        made.append(Cell(COLLECTED, decides, partial(_collect, Path(path)), ("corpus/split", *systems)))
        scores = tuple(cell for s in experiment.systems() for cell in experiment.scores_of(s))
        made.append(_cell("metrics_people", _metrics_people, settings, (source, *scores)))
        if Path(path).is_dir() and ratings_folder.table(Path(path), "choices"):
            made.append(_cell("choices", _choices, settings, (source,)))
        if experiment.study.exclude:
            asked["sensitivity"] = _sensitivity
    if simulated:
        made.append(_cell("simulation", _simulation, settings, (SIMULATED,)))
    return made + [_cell(name, question, settings, (source,)) for name, question in asked.items() if source]


def _cell(name: str, question: Question, settings: dict[str, Any], needs: tuple[str, ...]) -> Cell:
    return Cell(f"analysis/{name}", settings, partial(_answer, question), needs, version=3)


def check(experiment: Experiment) -> None:
    """The ratings can be read, before hours of work."""
    from tidelab.analysis.ratings import read

    if experiment.study.ratings:
        read(Path(experiment.study.ratings))


def _collect(path: Path, work: Work) -> None:
    """Tables `ratings` (usable rows with who rated and what kind of reply), `aside` (the others), `choices` between two replies."""
    import polars as pl

    from tidelab.analysis.kinds import with_kinds
    from tidelab.analysis.ratings import read, tell

    found = read(path)
    replies = pl.concat(work.read(need, "replies") for need in work.cell.needs if need.startswith("replies/"))
    table = with_kinds(found.table, work.read("corpus/split", "conversations"), replies)
    work.write("ratings", table)
    work.write("aside", found.aside.table())
    if path.is_dir():
        work.write("choices", pl.DataFrame(ratings_folder.table(path, "choices"), infer_schema_length=None))
    references = work.read("corpus/split", "conversations").select("conversation_id", system_id=pl.lit("reference"))
    known = pl.concat([replies.select("conversation_id", "system_id"), references])
    strange = table.join(known, on=["conversation_id", "system_id"], how="anti").height
    warnings = [f"{found.unused} of {found.rows} ratings can't be used: {'; '.join(tell(found)[1:])}"] if found.unused else []
    warnings += [f"{strange} of {table.height} ratings are of replies that this run doesn't hold"] if strange else []
    work.note(warnings=warnings, participants=table["participant_id"].n_unique(), ratings=table.height, real=found.testable)


def _answer(question: Question, work: Work) -> None:
    import polars as pl

    [source] = [need for need in work.cell.needs if need.startswith("ratings/")]
    ratings = work.read(source, "ratings")
    if source == SIMULATED:
        people = work.read(SIMULATED, "participants").drop("source", "flags", "seconds")
        ratings = ratings.join(people, on="participant_id", how="left")
    answer = question(work, ratings)
    for name, table in answer.tables().items():
        work.write(name, table)
    if ratings.select((pl.col("source") == "simulated").any()).item():
        answer = dataclasses.replace(answer, asks=f"{answer.asks} (simulated)", reading=(NOBODY, *answer.reading))
    work.write_text("result.json", answer.to_json())


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

    return preferences(ratings, margin=work.cell.decides["margin"], k=K, confidence=work.cell.decides["confidence"])


def _near(work: Work, ratings: pl.DataFrame) -> Answer:
    from tidelab.analysis.near import ASKS, near_in_ratings
    from tidelab.analysis.result import Answer

    d = work.cell.decides
    if d["reference"] not in set(ratings["system_id"]):
        return Answer("near", ASKS, {}, (f"No rating is of {d['reference']}: there is nothing that others could be equivalent to.",))
    return near_in_ratings(ratings, d["reference"], margin=d["margin"], level=1 - d["confidence"])


def _metrics_people(work: Work, ratings: pl.DataFrame) -> Answer:
    import polars as pl

    from tidelab.analysis.metrics_people import metrics_people

    d, scores = work.cell.decides, pl.concat(work.read(cell, "scores") for cell in work.cell.needs if cell.startswith("scores/"))
    return metrics_people(ratings, scores, resamples=min(2_000, d["resamples"]), confidence=d["confidence"], seed=d["seed"])


def _choices(work: Work, ratings: pl.DataFrame) -> Answer:
    from tidelab.analysis.choices import choices

    return choices(work.read(COLLECTED, "choices").to_dicts(), confidence=work.cell.decides["confidence"])


def _sensitivity(work: Work, ratings: pl.DataFrame) -> Answer:
    from tidelab.analysis.sensitivity import sensitivity

    return sensitivity(ratings, work.cell.decides["exclude"], confidence=work.cell.decides["confidence"])
