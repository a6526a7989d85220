"""The cell of the report: the page, its tables and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidelab.analysis import stage as analysis
from tidelab.run.cells import Cell, Work

if TYPE_CHECKING:
    from tidelab.experiment import Experiment


def cells(experiment: Experiment) -> list[Cell]:
    """One cell; it reads what every other stage left."""
    systems = experiment.systems()
    tuned = [f"students/{s.system_id}" for s in systems if s.condition == "fine-tuned"]
    scores = [f"scores/{s.system_id}/{m}" for s in systems for m in dict.fromkeys(experiment.scoring.metrics)]
    decides = {
        "name": experiment.name,
        "seed": experiment.seed,
        "confidence": experiment.analysis.confidence,
        "resamples": experiment.analysis.resamples,
        "dtype": experiment.engine.dtype,
        "systems": [s.system_id for s in systems],
    }
    needs = (
        *("corpus/check", "corpus/split", "students/roster"),
        *(["corpus/review"] if experiment.corpus.review == "approved" else []),
        *tuned,
        *(f"replies/{s.system_id}" for s in systems),
        *scores,
        *(cell.name for cell in analysis.cells(experiment)),
    )
    return [Cell("report", decides, _report, needs=needs)]


def _report(work: Work) -> None:
    from tidelab.report.data import gather
    from tidelab.report.page import page, panels
    from tidelab.report.tables import csv_tables

    study = gather(work)
    for name, text in csv_tables(study).items():
        work.write_text(f"tables/{name}", text)
    figures = panels(study)
    for done, panel in enumerate(figures):
        work.write_text(f"figures/{panel.name}.svg", panel.svg)
        work.progress(done + 1, len(figures))
    work.write_text("index.html", page(study, figures))
    work.note(figures=len(figures))
