"""Experiment: a whole study as one validated document. `settings.py` reads it from YAML, environment and command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Condition = Literal["zero-shot", "few-shot", "fine-tuned", "zero-shot+audience", "fine-tuned+audience"]
Method = Literal["lora", "qlora", "full"]
FLOORS = ("floor:constant", "floor:echo", "floor:nearest")
RESAMPLE = "teacher@resample"


class Section(BaseModel):
    """A part of the experiment; unknown keys are refused, so that a misspelt one can't be ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Corpus(Section):
    """Where conversations come from."""

    source: str = Field(
        "sample+rehearsal",
        description="`sample+rehearsal`, `sample`, `rehearsal`, `teacher`, `hf:OWNER/NAME`, or a path (see docs/formats.md)",
    )
    teacher: str | None = Field(
        None, description="who writes where `source` is `teacher`: `anthropic:MODEL`, `openai:MODEL`, `openai-compatible:URL#MODEL`"
    )
    personas: int = Field(220, ge=2, le=100_000, description="personas that a teacher writes for")
    per_persona: int = Field(8, ge=1, le=100, description="conversations that a teacher writes per persona")
    review: Literal["none", "approved"] = Field("none", description="`approved`: only what clinicians approved enters, see docs/review.md")
    decisions: str | None = Field(None, description="`decisions.jsonl` or `.parquet` of `tide review export`; needed by `review: approved`")
    resample: bool = Field(False, description="the teacher answers the test conversations once more: the top that a student could attain")
    limit: int | None = Field(None, ge=1, description="answer and score only the first N test conversations of each source (`--limit`)")


class Student(Section):
    """A small model under study. A bare string in YAML means `{model: ...}`."""

    model: str = Field(
        min_length=1, description="`nano:0.3m`, `nano:1m`, `nano:3m`, a local model directory, a hub id, or `openai-compatible:URL#MODEL`"
    )
    conditions: list[Condition] = Field(
        ["zero-shot", "fine-tuned"], min_length=1, description="how the student is used; `+audience`: with the audience-aware prompt"
    )
    fractions: list[str] = Field(
        ["1"], min_length=1, description="shares of the training personas to fine-tune with, such as 1/4: the student's learning curve"
    )
    seeds: int = Field(1, ge=1, le=100, description="how often each fraction is taught, each time with another seed and other personas")
    shots: int = Field(3, ge=1, le=32, description="few-shot: how many training conversations, the most similar ones, the prompt shows")
    method: Method | None = Field(None, description="overrides `training.method` for this student")
    epochs: float | None = Field(None, gt=0, description="overrides `training.epochs`")
    learning_rate: float | None = Field(None, gt=0, description="overrides `training.learning_rate`")
    pretrain_rows: int | None = Field(None, ge=1, description="nano students: at most so many of `nano.pretrain_rows`")

    @field_validator("fractions", mode="before")
    @classmethod
    def _shares(cls, fractions: Any) -> Any:
        return [_share(f) for f in fractions] if isinstance(fractions, list) else fractions

    @property
    def name(self) -> str:
        """The student's part of a `system_id`: `nano-3m`, the directory's name, or the hub id's last part without its revision."""
        hub = self.model if Path(self.model).exists() else self.model.partition("@")[0].rpartition("#")[2]
        last = self.model.replace(":", "-") if self.model.startswith("nano:") else PurePath(hub).name
        return re.sub(r"[^A-Za-z0-9._-]", "_", last)


def _share(written: Any) -> str:
    """`1/4` of a share written as `1/4`, `0.25` or `2/8`."""
    try:
        share = Fraction(str(written)).limit_denominator(10_000)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{written!r} is no fraction; write such as 1/4, or 1 for all") from None
    if not 0 < share <= 1:
        raise ValueError(f"{written!r} is no share of the training personas; write more than 0 and at most 1")
    return str(share)


class Training(Section):
    """How students are fine-tuned."""

    method: Method = Field("lora", description="`lora`: an adapter; `qlora`: one on weights of 4 bits; `full`: every weight")
    epochs: float = Field(3.0, gt=0, description="passes over the training split")
    learning_rate: float = Field(2e-4, gt=0, description="peak learning rate")
    batch_size: int = Field(16, ge=1, description="conversations in one step")
    max_length: int = Field(1024, ge=16, description="tokens; longer rows are left out and counted, never cut silently")
    lora_rank: int = Field(16, ge=1, description="rank of the LoRA update")
    lora_alpha: int = Field(32, ge=1, description="scale of the LoRA update")
    patience: int | None = Field(
        None, ge=1, description="epochs without a lower validation loss after which teaching ends, with the best epoch's weights"
    )


class Nano(Section):
    """How nano students are made; unused when no student is `nano:...`."""

    vocabulary: int = Field(2048, ge=300, le=50_000, description="tokens of the tokenizer trained here")
    pretrain_rows: int = Field(4000, ge=1, description="rows of everyday talk to pre-train on")
    pretrain_epochs: float = Field(2.0, gt=0, description="passes over them")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of the pre-training")

    def rows_for(self, student: Student) -> int:
        """Rows of everyday talk that a student is pre-trained on: its own number, and never more than there are."""
        return min(student.pretrain_rows or self.pretrain_rows, self.pretrain_rows)


class Engine(Section):
    """How students answer."""

    name: Literal["transformers", "openvino", "llama.cpp", "vllm"] = Field(
        "transformers", description="what answers, see docs/engines.md; all but the first are held against it before a student's replies"
    )
    checked: int = Field(8, ge=0, description="prompts on which another engine is held against transformers; 0 for none")
    batch_size: int = Field(64, ge=1, description="prompts answered together; part of the fingerprint, since padding can tip a tie")
    max_new_tokens: int = Field(256, ge=1, description="tokens after which a reply is cut and marked `length`")
    dtype: Literal["fp32", "bf16"] = Field("fp32", description="number format of the weights while answering")


class Calls(Section):
    """How models behind an API are asked. But for `answer_tokens` never part of a fingerprint: the answers are the model's."""

    concurrency: int = Field(16, ge=1, le=1_000, description="requests in flight at most; fewer while the provider is overloaded")
    timeout: float = Field(120.0, gt=0, description="seconds after which a call without an answer is given up and made again")
    batch: bool = Field(False, description="use the provider's batch endpoint: half the price, answers within a day")
    poll: float = Field(30.0, gt=0, description="seconds between two looks at a batch")
    max_cost: float | None = Field(None, ge=0, description="US dollars that a run may spend, earlier commands included; none for no limit")
    max_tokens: int | None = Field(
        None, ge=0, description="tokens, asked and replied, that a model may use in a run, earlier commands included; none for no limit"
    )
    answer_tokens: int = Field(
        4_000,
        ge=1,
        description="tokens of one answer of a teacher or judge; some 400 are text, the rest is room for models that think first",
    )
    price: tuple[float, float] | None = Field(
        None, description="US dollars per million tokens in and out, where tidelab's table is not right"
    )


class BertScore(Section):
    """How BERTScore is computed."""

    encoder: str | None = Field(None, description="its own encoder, as `scoring.encoder` takes them; none for that one")
    layer: int | None = Field(None, ge=0, description="layer whose token states are matched; none for the last")
    idf: bool = Field(False, description="weigh tokens by their inverse document frequency over the references")
    baseline: tuple[float, float, float] | None = Field(
        None, description="precision, recall and F1 of unrelated texts, by which values are rescaled: (x - b) / (1 - b)"
    )


class Scoring(Section):
    """Which metrics, with which encoder."""

    metrics: list[str] = Field(
        ["cosine", "bertscore", "rouge_l", "meteor", "length", "distinct_2"], min_length=1, description="metric names, see docs/metrics"
    )
    encoder: str = Field("all-MiniLM-L6-v2", description="sentence-transformers model: the embedded default, a local path, or a hub id")
    dtype: Literal["fp32", "bf16"] = Field("fp32", description="number format of the encoder's weights; `bf16` moves values by up to 0.004")
    bertscore: BertScore = Field(default_factory=BertScore, description="how BERTScore is computed")
    judges: list[str] = Field(
        default_factory=list,
        description="models that rate replies, together a panel: `anthropic:MODEL` and so on, see docs/scoring.md",
    )
    examine: bool = Field(True, description="judges are examined on replies of known quality, and marked where they are unfit")


class Analysis(Section):
    """How the numbers are tested."""

    resamples: int = Field(10_000, ge=100, description="bootstrap resamples and sign flips")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="coverage of the intervals")
    smallest_effect: float = Field(
        0.01, gt=0, description="gain of twice the data, in a metric's unit, below which more data are not worth it"
    )
    claims: str = Field("paper", description="claims to decide: `paper`, `ieval` or a YAML file, see docs/claims.md")


class Study(Section):
    """The human study. Its design stands in `study.yaml`, see docs/study.md."""

    simulated: int = Field(0, ge=0, le=20_000, description="simulated participants who rate the run's replies; 0 for none")
    ratings: str | None = Field(
        None, description="people's ratings of the run's replies: a folder of `tide study export` or `import`, or a table (docs/ratings.md)"
    )
    reference: str = Field("reference", description="system to which others may be equivalent in people's ratings")
    margin: float = Field(0.5, gt=0, description="points within which a difference of ratings does not matter")
    exclude: list[Literal["straight-lining", "attention", "too-fast"]] = Field(
        default_factory=list, description="rules without whose people the answer is shown as well"
    )


class Limits(Section):
    """When a run is refused or reported as incomplete. Never part of a fingerprint."""

    unscored_share: float = Field(0.01, ge=0, le=1, description="unscored or quarantined share above which `tide run` exits with 3")
    free_disk_gb: float = Field(1.0, ge=0, description="free space in GB that a run demands before it starts")


@dataclass(frozen=True)
class System:
    """What produces replies: a floor, the teacher once more, or a student in a condition."""

    system_id: str
    kind: Literal["floor", "teacher", "student"]
    student: str | None = None
    condition: Condition | None = None
    fraction: str = "1"
    """Share of the training personas that it was fine-tuned with."""
    seed: int = 1
    """1 for the study's own seed; the k-th teaching of a learning curve adds k - 1."""

    @property
    def audience(self) -> bool:
        """Whether it is told who asks."""
        return bool(self.condition and self.condition.endswith("+audience"))

    @property
    def taught(self) -> str | None:
        """The system_id of the fine-tuned student whose weights answer; None where nothing was taught."""
        fine_tuned = self.condition is not None and self.condition.startswith("fine-tuned")
        return self.system_id.replace("+audience", "") if fine_tuned else None


class Experiment(Section):
    """A whole study."""

    name: str = Field("study", min_length=1, pattern=r"^[A-Za-z0-9._-]+$", description="names the run directory: `runs/<name>`")
    seed: int = Field(7, ge=0, lt=2**31, description="seed of everything that is drawn")
    corpus: Corpus = Field(default_factory=Corpus, description="where conversations come from")
    students: list[Student] = Field(min_length=1, description="the students under study")
    training: Training = Field(default_factory=Training, description="how students are fine-tuned")
    nano: Nano = Field(default_factory=Nano, description="how nano students are made")
    engine: Engine = Field(default_factory=Engine, description="how students answer")
    calls: Calls = Field(default_factory=Calls, description="how models behind an API are asked")
    scoring: Scoring = Field(default_factory=Scoring, description="which metrics")
    analysis: Analysis = Field(default_factory=Analysis, description="how the numbers are tested")
    study: Study = Field(default_factory=Study, description="the human study")
    limits: Limits = Field(default_factory=Limits, description="when a run is refused or incomplete")
    executor: Literal["local", "processes"] = Field("local", description="where cells run: one after the other here, or several at once")
    workers: int | None = Field(None, ge=1, description="worker processes of `executor: processes`; none for one a core")

    @field_validator("students", mode="before")
    @classmethod
    def _bare_strings(cls, students: Any) -> Any:
        return [{"model": s} if isinstance(s, str) else s for s in students] if isinstance(students, list) else students

    @model_validator(mode="after")
    def _one_name_each(self) -> Experiment:
        if self.corpus.resample and ":" not in (self.corpus.teacher or ""):
            raise ValueError("corpus.resample needs a teacher behind an API; give corpus.teacher as anthropic:MODEL or the like")
        taught = [s for s in self.students if "fine-tuned" not in s.conditions and (s.fractions != ["1"] or s.seeds > 1)]
        if taught:
            raise ValueError(f"{taught[0].name} has fractions or seeds and is not fine-tuned; add fine-tuned to its conditions")
        served = [s for s in self.students if s.model.startswith("openai-compatible:") and any("fine-tuned" in c for c in s.conditions)]
        if served:
            raise ValueError(f"{served[0].name} is behind a server, which can't be taught here; give it conditions: [zero-shot]")
        names = [s.name for s in self.students]
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            raise ValueError(f"two students are called {doubled[0]!r}; give their directories different names")
        return self

    def located(self) -> Experiment:
        """The same with relative paths made absolute, so that the run directory can be used from anywhere."""

        def absolute(text: str) -> str:
            return str(Path(text).expanduser().absolute()) if Path(text).expanduser().exists() else text

        decisions = absolute(self.corpus.decisions) if self.corpus.decisions else None
        corpus = self.corpus.model_copy(update={"source": absolute(self.corpus.source), "decisions": decisions})
        students = [s.model_copy(update={"model": absolute(s.model)}) for s in self.students]
        scoring = self.scoring.model_copy(update={"encoder": absolute(self.scoring.encoder)})
        analysis = self.analysis.model_copy(update={"claims": absolute(self.analysis.claims)})
        study = self.study.model_copy(update={"ratings": absolute(self.study.ratings) if self.study.ratings else None})
        return self.model_copy(update={"corpus": corpus, "students": students, "scoring": scoring, "analysis": analysis, "study": study})

    def systems(self) -> list[System]:
        """The systems that the study compares, floors first, in the order in which tables show them."""
        floors = [System(floor, "floor") for floor in FLOORS]
        top = [System(RESAMPLE, "teacher")] if self.corpus.resample else []
        return [*floors, *top] + [System(f"{s.name}@{c}", "student", s.name, c) for s in self.students for c in s.conditions]

    def scores_of(self, system: System) -> list[str]:
        """The cells of a system's scores, its judges' last."""
        names = [*dict.fromkeys(self.scoring.metrics), *(["judge"] if self.scoring.judges else [])]
        return [f"scores/{system.system_id}/{name}" for name in names]

    def curve_systems(self) -> list[System]:
        """The other points of the learning curves: fine-tuned students of a smaller fraction or a further seed. Never in `systems`."""
        return [
            System(f"{s.name}@fine-tuned{'' if f == '1' else f'~f{f}'}{'' if k == 1 else f'~s{k}'}", "student", s.name, "fine-tuned", f, k)
            for s in self.students
            for f in dict.fromkeys(s.fractions)
            for k in range(1, s.seeds + 1)
            if (f, k) != ("1", 1)
        ]
