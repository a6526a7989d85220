"""The cells of the analysis: means, gains, ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidelab.run.cells import Cell, Work

if TYPE_CHECKING:
    import polars as pl

    from tidelab.experiment import Experiment


def cells(experiment: Experiment) -> list[Cell]:
    """One cell for each question; each writes its table and `result.json`."""
    metrics = dict.fromkeys(experiment.scoring.metrics)
    scores = tuple(f"scores/{s.system_id}/{metric}" for s in experiment.systems() for metric in metrics)
    settings = {"resamples": experiment.analysis.resamples, "confidence": experiment.analysis.confidence, "seed": experiment.seed}
    students = [student.name for student in experiment.students]
    return [
        Cell("analysis/means", settings, _means, needs=("corpus/split", *scores)),
        Cell("analysis/gains", {**settings, "students": students}, _gains, needs=("corpus/split", *scores)),
        Cell("analysis/ceiling", {}, _ceiling, needs=("analysis/means", "students/roster")),
    ]


def _scores(work: Work) -> pl.DataFrame:
    import polars as pl

    return pl.concat(work.read(cell, "scores") for cell in work.cell.needs if cell.startswith("scores/"))


def _means(work: Work) -> None:
    from tidelab.analysis.means import means

    d = work.cell.decides
    conversations = work.read("corpus/split", "conversations")
    result = means(_scores(work), conversations, resamples=d["resamples"], confidence=d["confidence"], seed=d["seed"])
    work.write("means", result.table())
    work.write_text("result.json", result.to_json())


def _gains(work: Work) -> None:
    from tidelab.analysis.gains import gains

    d = work.cell.decides
    conversations = work.read("corpus/split", "conversations")
    result = gains(_scores(work), conversations, d["students"], resamples=d["resamples"], confidence=d["confidence"], seed=d["seed"])
    work.write("gains", result.table())
    work.write_text("result.json", result.to_json())


def _ceiling(work: Work) -> None:
    from tidelab.analysis.ceiling import ceiling

    result = ceiling(work.read("analysis/means", "means"), work.read("students/roster", "students"))
    work.write("ceiling", result.table())
    work.write_text("result.json", result.to_json())
