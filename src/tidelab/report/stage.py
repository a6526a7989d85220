"""The cell of the report: the page, its tables and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidelab.analysis import stage as analysis
from tidelab.run.cells import Cell, Work

if TYPE_CHECKING:
    from tidelab.experiment import Experiment


def cells(experiment: Experiment) -> list[Cell]:
    """The report reads what every other stage left; the conversations that it shows are chosen and their factors marked before."""
    systems = experiment.systems()
    tuned = [f"students/{s.system_id}" for s in systems if s.condition == "fine-tuned"]
    scores = [cell for s in systems for cell in experiment.scores_of(s)]
    decides = {
        "name": experiment.name,
        "seed": experiment.seed,
        "confidence": experiment.analysis.confidence,
        "resamples": experiment.analysis.resamples,
        "dtype": experiment.engine.dtype,
        "systems": [s.system_id for s in systems],
    }
    replies = [f"replies/{s.system_id}" for s in systems]
    shown = ("corpus/split", *replies, *(name for name in scores if name.endswith("/safety")))
    needs = (
        *("corpus/check", "corpus/split", "students/roster", "gallery"),
        *(["corpus/review"] if experiment.corpus.review == "approved" else []),
        *tuned,
        *replies,
        *scores,
        *(cell.name for cell in analysis.cells(experiment)),  # the collected ratings are one of them
    )
    return [Cell("gallery", {"seed": experiment.seed}, _gallery, needs=shown), Cell("report", decides, _report, needs=needs, version=2)]


def _gallery(work: Work) -> None:
    import polars as pl

    from tidelab.report.acts import marked
    from tidelab.report.choose import choose, choose_failing
    from tidelab.report.data import texts
    from tidelab.report.failures import failures

    read, seed = texts(work), work.cell.decides["seed"]
    drawn = choose(read.test, seed)
    failing = choose_failing(failures(read), drawn, seed)
    chosen = [(c, True) for c in drawn] + [(c, False) for c in failing]
    work.write("chosen", pl.DataFrame(chosen, schema={"conversation_id": pl.String, "drawn": pl.Boolean}, orient="row"))
    work.write("marked", marked(read, [*drawn, *failing]))


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
