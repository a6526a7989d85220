"""Gathers what the page tells out of the run's tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tidelab.records import Score, frame

if TYPE_CHECKING:
    import polars as pl

    from tidelab.report.answers import Told
    from tidelab.run.cells import Work


@dataclass(frozen=True)
class Texts:
    """Conversations, replies and their scores; frames have the columns of the cells they come from."""

    corpus: pl.DataFrame  # all conversations, split set
    scenarios: pl.DataFrame
    replies: pl.DataFrame
    scores: pl.DataFrame

    @cached_property
    def test(self) -> pl.DataFrame:
        """The conversations that the systems answered."""
        return self.corpus.join(self.replies.select("conversation_id").unique(), on="conversation_id", how="semi")


@dataclass(frozen=True)
class Study(Texts):
    """Everything of one run that the report shows."""

    name: str
    seed: int
    confidence: float
    resamples: int
    systems: list[str]
    quarantine: pl.DataFrame
    flags: pl.DataFrame
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
    planned: tuple[str, str] = ("", "")  # what may be said of when it was written, and the text from before the data if it was another
    info: dict[str, Any] = field(default_factory=dict)  # run.json
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)  # name -> done.json
    chosen: list[tuple[str, bool]] = field(default_factory=list)  # the gallery's conversation_ids, and whether each was drawn
    marked: pl.DataFrame | None = None  # table of `acts.marked`

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


def texts(work: Work) -> Texts:
    """What a cell that needs the corpus, replies and scores reads of them."""
    import polars as pl

    def every(kind: str) -> pl.DataFrame:
        tables = [work.read(cell, kind) for cell in work.cell.needs if cell.startswith(f"{kind}/")]
        return pl.concat(tables) if tables else frame(Score, [])

    conversations, scenarios = (work.read("corpus/split", name) for name in ("conversations", "scenarios"))
    return Texts(conversations, scenarios, every("replies"), every("scores"))


def gather(work: Work) -> Study:
    """Reads the tables of all cells that the report's cell needs."""
    import polars as pl

    from tidelab.analysis.preregistration import kept, standing
    from tidelab.report import answers, judged

    needs, decides, read = work.cell.needs, work.cell.decides, texts(work)
    names = judged.marked_names(read.scores)
    curves = {}
    for cell in needs:
        if cell.startswith("students/") and cell.endswith("@fine-tuned"):
            curves[cell.removeprefix("students/").removesuffix("@fine-tuned")] = work.read(cell, "curve")
    told = [answers.read(work.path(cell)) for cell in needs if cell.startswith("analysis/")]
    settings = work.run.path / "experiment.yaml"
    planned = work.path("analysis/preregistration")
    plan = (planned / "preregistration.md").read_text("utf-8")
    stands = standing(kept(work.run.path), plan)
    return Study(
        name=decides["name"],
        seed=decides["seed"],
        confidence=decides["confidence"],
        resamples=decides["resamples"],
        systems=list(decides["systems"]),
        corpus=read.corpus,
        scenarios=read.scenarios,
        quarantine=pl.concat(work.read(c, "quarantine") for c in ("corpus/check", "corpus/review") if c in needs),
        flags=work.read("corpus/check", "flags"),
        replies=read.replies,
        scores=judged.frame(read.scores, names),
        means=judged.frame(work.read("analysis/means", "means"), names),
        gains=judged.frame(work.read("analysis/gains", "gains"), names),
        ceiling=judged.frame(work.read("analysis/ceiling", "points"), names),
        fits=judged.frame(work.read("analysis/ceiling", "fits"), names).to_dicts(),
        roster=work.read("students/roster", "students"),
        dtype=decides["dtype"],
        curves=curves,
        answers=[judged.told(t, names) for t in told if t],
        preregistered=(json.loads((planned / "result.json").read_text("utf-8"))["sha256"], plan),
        planned=(stands.words, stands.before),
        settings=settings.read_text("utf-8") if settings.exists() else "",
        info=work.run.info(),
        cells={cell: work.done(cell) for cell in needs},
        chosen=work.read("gallery", "chosen").rows(),
        marked=work.read("gallery", "marked"),
    )
