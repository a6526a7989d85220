"""Gathers what the page tells out of the run's tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from tidelab.report.answers import Told
    from tidelab.run.cells import Work


@dataclass(frozen=True)
class Study:
    """Everything of one run that the report shows; frames have the columns of the cells they come from."""

    name: str
    seed: int
    confidence: float
    resamples: int
    systems: list[str]
    corpus: pl.DataFrame  # all conversations, split set
    scenarios: pl.DataFrame
    quarantine: pl.DataFrame
    flags: pl.DataFrame
    replies: pl.DataFrame
    scores: pl.DataFrame
    means: pl.DataFrame
    gains: pl.DataFrame
    ceiling: pl.DataFrame
    fits: list[dict[str, Any]]
    roster: pl.DataFrame
    dtype: str = "fp32"  # of the weights while answering
    curves: dict[str, pl.DataFrame] = field(default_factory=dict)
    answers: list[Told] = field(default_factory=list)  # of the questions, in the order of the analysis
    settings: str = ""  # experiment.yaml
    preregistered: tuple[str, str] = ("", "")  # SHA-256 and text
    info: dict[str, Any] = field(default_factory=dict)  # run.json
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)  # name -> done.json

    @cached_property
    def test(self) -> pl.DataFrame:
        """The conversations that the systems answered."""
        return self.corpus.join(self.replies.select("conversation_id").unique(), on="conversation_id", how="semi")

    @property
    def nano(self) -> dict[str, bool]:
        """student -> whether it is a nano student."""
        return dict(zip(self.roster["student"], self.roster["nano"], strict=True))

    @property
    def sources(self) -> list[str]:
        """Sources with test conversations, most conversations first."""
        counted = self.test.group_by("source").len().sort(["len", "source"], descending=[True, False])
        return [str(s) for s in counted["source"]]

    @property
    def metrics(self) -> list[str]:
        """Metrics in the order of their columns."""
        return [str(m) for m in self.means["metric"].unique(maintain_order=True)]


def gather(work: Work) -> Study:
    """Reads the tables of all cells that the report's cell needs."""
    import polars as pl

    from tidelab.report import answers

    needs, decides = work.cell.needs, work.cell.decides
    curves = {}
    for cell in needs:
        if cell.startswith("students/") and cell.endswith("@fine-tuned"):
            curves[cell.removeprefix("students/").removesuffix("@fine-tuned")] = work.read(cell, "curve")
    told = [answers.read(work.path(cell)) for cell in needs if cell.startswith("analysis/")]
    settings = work.run.path / "experiment.yaml"
    planned = work.path("analysis/preregistration")
    return Study(
        name=decides["name"],
        seed=decides["seed"],
        confidence=decides["confidence"],
        resamples=decides["resamples"],
        systems=list(decides["systems"]),
        corpus=work.read("corpus/split", "conversations"),
        scenarios=work.read("corpus/split", "scenarios"),
        quarantine=pl.concat(work.read(c, "quarantine") for c in ("corpus/check", "corpus/review") if c in needs),
        flags=work.read("corpus/check", "flags"),
        replies=pl.concat(work.read(c, "replies") for c in needs if c.startswith("replies/")),
        scores=pl.concat(work.read(c, "scores") for c in needs if c.startswith("scores/")),
        means=work.read("analysis/means", "means"),
        gains=work.read("analysis/gains", "gains"),
        ceiling=work.read("analysis/ceiling", "ceiling"),
        fits=json.loads((work.path("analysis/ceiling") / "result.json").read_text("utf-8"))["fits"],
        roster=work.read("students/roster", "students"),
        dtype=decides["dtype"],
        curves=curves,
        answers=[t for t in told if t],
        preregistered=(
            json.loads((planned / "result.json").read_text("utf-8"))["sha256"],
            (planned / "preregistration.md").read_text("utf-8"),
        ),
        settings=settings.read_text("utf-8") if settings.exists() else "",
        info=work.run.info(),
        cells={cell: work.done(cell) for cell in needs},
    )
