"""What flows down the corridor: frozen, validated records and the tables they make.

Every record is one row; `frame(Record, rows)` makes the polars table with the record's fixed columns, so that an empty table
and a full one have the same schema. Lists stay lists; `dict` fields travel as JSON text, since their keys differ by source.
"""

from __future__ import annotations

import hashlib
import json
import math
import types
import typing
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    import polars as pl

Source = Literal["teacher", "rehearsal", "sample", "imported"]
Split = Literal["train", "validation", "test"]
Risk = Literal["none", "low", "moderate", "elevated"]
StopReason = Literal["stop", "length", "error"]
RatingSource = Literal["real", "simulated", "imported"]


class Record(BaseModel):
    """A frozen row. Unknown fields are refused, so that a misspelt column can't be lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Persona(Record):
    """One synthetic client. On import every field but `persona_id` may be missing (None or empty)."""

    persona_id: str = Field(min_length=1, description="key; an import's file number, else made from the row")
    age: int | None = Field(default=None, ge=0, le=120, description="years")
    age_group: str = Field(default="", description="decade band, e.g. `30-40`")
    gender: str = Field(default="", description="in the words of the source")
    ethnicity: str = Field(default="", description="in the words of the source")
    education: str = Field(default="", description="highest education")
    occupation: str = Field(default="", description="present or former work")
    relationship_status: str = Field(default="", description="e.g. `married`, `widowed`")
    living_situation: str = Field(default="", description="with whom the persona lives")
    trauma_type: str = Field(default="", description="kind of trauma; the split is stratified by it")
    trauma_topic: str = Field(default="", description="what happened, in a few words")
    years_since_trauma: float | None = Field(default=None, ge=0, description="years")
    symptoms: list[str] = Field(default_factory=list, description="DSM-5-TR PTSD criteria B-E that are prominent, e.g. `B: intrusion`")
    severity: int | None = Field(default=None, ge=0, le=80, description="PCL-5 total, 0-80")
    co_occurring_condition: str = Field(default="", description="a second condition, or empty")
    behaviors: list[str] = Field(default_factory=list, description="exhibited behaviours")
    speech_style: str = Field(default="", description="how the persona speaks")


class Scenario(Record):
    """A situation in which a persona writes."""

    scenario_id: str = Field(min_length=1, description="key")
    theme: str = Field(min_length=1, description="theme of the taxonomy, e.g. `intrusion`")
    emotion: str = Field(default="", description="what the persona mainly feels")
    trigger: str = Field(default="", description="what set it off")
    risk: Risk = Field(default="none", description="the scenario's risk, in words")
    description: str = Field(default="", description="one sentence a clinician can read and object to")


class Conversation(Record):
    """TIDE's two turns: what the person says and the chatbot's reply, the reference."""

    conversation_id: str = Field(min_length=1, description="key from birth to report")
    persona_id: str = Field(min_length=1, description="who writes; splits and intervals go by persona")
    scenario_id: str = Field(default="", description="in which situation; empty where an import has none")
    theme: str = Field(default="", description="the scenario's theme; empty where an import has none")
    risk: Risk = Field(default="none", description="the scenario's risk")
    person: str = Field(min_length=1, description="what the person says")
    chatbot: str = Field(min_length=1, description="the reference reply")
    split: Split | None = Field(default=None, description="None until the corpus is split")
    licence: str = Field(default="unknown", description="SPDX id or words; `unknown` where an import says nothing")
    source: Source = Field(default="imported", description="`sample`, `rehearsal`, `teacher` or `imported`; never pooled in a table")
    provenance: dict[str, Any] = Field(default_factory=dict, description="who wrote it, with what, when; file and row of an import")

    @field_validator("person", "chatbot")
    @classmethod
    def _has_words(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("is empty or blank")
        return text


class Quarantined(Record):
    """A row that could not be used, kept with its reason."""

    conversation_id: str = Field(description="its id, or the place where it stood when it had none")
    persona_id: str = Field(default="", description="its persona, where known")
    stage: str = Field(description="where it was stopped: `read` or the name of a check")
    reason: str = Field(min_length=1, description="why, in words that a user can act on")
    where: str = Field(default="", description="file:line or file:row")
    raw: str = Field(default="", description="the row as it came, cut to 2,000 characters")


class Flag(Record):
    """A warning of a check: the row is used and the warning shown."""

    conversation_id: str = Field(description="the flagged row")
    check: str = Field(description="name of the check")
    message: str = Field(description="what it found")


class Reply(Record):
    """A system's text for one conversation; `text` None means unscored, with its reason."""

    conversation_id: str = Field(min_length=1, description="which conversation was answered")
    system_id: str = Field(min_length=1, description="what answered")
    text: str | None = Field(default=None, description="the reply; None means unscored")
    stop_reason: StopReason = Field(description="`stop`: ended by itself; `length`: cut at the limit; `error`: no reply")
    prompt_tokens: int | None = Field(default=None, ge=0, description="tokens; None where a system has no tokenizer")
    reply_tokens: int | None = Field(default=None, ge=0, description="tokens, end-of-turn and thinking included")
    thinking_tokens: int | None = Field(default=None, ge=0, description="tokens of thinking aloud, taken off the text")
    seconds: float | None = Field(default=None, ge=0, description="wall seconds of the batch, shared over its rows")
    engine: str = Field(default="", description="what answered, with its version")
    unscored_reason: str = Field(default="", description="why there is no text")


class Score(Record):
    """One metric's value for one reply; NaN means unscored, and then `reason` says why."""

    conversation_id: str = Field(min_length=1, description="which conversation")
    system_id: str = Field(min_length=1, description="whose reply")
    metric: str = Field(min_length=1, description="name of the metric")
    value: float = Field(description="in the metric's unit; NaN means unscored")
    reason: str = Field(default="", description="why it is unscored")
    signature: str = Field(min_length=1, description="what decides the value, as sacreBLEU's signatures do")

    def model_post_init(self, _context: object) -> None:
        """Refuses a NaN without its reason."""
        if math.isnan(self.value) and not self.reason:
            raise ValueError("an unscored value needs its reason")


class Decision(Record):
    """What reviewers decided of one conversation or reply; `tide review export` writes it, `corpus.decisions` reads it."""

    kind: Literal["conversation", "reply"] = Field(description="an item of the corpus, or a system's reply")
    conversation_id: str = Field(min_length=1, description="which conversation")
    system_id: str = Field(default="reference", description="whose reply")
    sha256: str = Field(description="hash of the reviewed text, so that a decision can't be taken for another text's")
    decision: Literal["approved", "rejected", "undecided"] = Field(description="`undecided` while reviews or a third opinion are missing")
    by: str = Field(default="", description="`agreement` of two, `third reviewer`, or what is still awaited")
    reviews: int = Field(ge=0, description="independent reviews given, at most 2")
    reasons: list[str] = Field(default_factory=list, description="why it was rejected")
    person: str | None = Field(default=None, description="the person's text as revised; None where it stays")
    chatbot: str | None = Field(default=None, description="the reply as revised; None where it stays")


class Rating(Record):
    """What one participant of a human study said of one reply, on one factor or scale."""

    conversation_id: str = Field(min_length=1, description="which conversation")
    system_id: str = Field(min_length=1, description="whose reply")
    participant_id: str = Field(min_length=1, description="a random name of the participant, or the import's")
    factor: str = Field(min_length=1, description="factor or scale, e.g. `emotion_recognition`")
    value: float = Field(description="the rating, 1-5 unless the study says otherwise")
    order: int | None = Field(default=None, ge=1, description="the reply's place in what the participant saw, 1 first")
    source: RatingSource = Field(description="`real`, `simulated` (marked wherever it shows, decides no claim) or `imported`")


SUPPRESSED = "suppressed"
"""What an export writes where too few people share an answer."""
MERGED_AGES = {"18-24": "18-34", "25-34": "18-34", "35-44": "35-54", "45-54": "35-54", "55-64": "55+", "65-74": "55+", "75+": "55+"}
MERGED_EDUCATION = {"none": "no degree", "school": "no degree", "vocational": "no degree", "undergraduate": "degree", "graduate": "degree"}
"""What an export makes of an answer, where it must be coarser."""


class Participant(Record):
    """Who rated, as the analysis reads it; `tide study export` writes a coarser form. Empty: not asked or declined."""

    participant_id: str = Field(min_length=1, description="as in the ratings")
    source: RatingSource = Field(description="as in the ratings")
    role: str = Field(default="lay", description="`lay`, `lived` (own experience of trauma) or `clinician`")
    language: str = Field(default="", description="in which the study was taken, e.g. `en`")
    age_group: str = Field(default="", description="band of years, e.g. `35-44`")
    gender: str = Field(default="", description="in the words of the study's options")
    education: str = Field(default="", description="highest education")
    ethnicity: str = Field(default="", description="in the words of the study's options")
    trauma_experience: str = Field(default="", description="own experience of trauma")
    chatbot_use: str = Field(default="", description="how often chatbots are used")
    completed: bool = Field(default=True, description="whether the session was finished")
    seconds: float | None = Field(default=None, description="from first page to last; None where unknown")
    flags: list[str] = Field(default_factory=list, description="reasons for which an analysis may leave the participant out")


RECORDS: tuple[type[Record], ...] = (Persona, Scenario, Conversation, Quarantined, Flag, Reply, Score, Decision, Rating, Participant)

R = TypeVar("R", bound=Record)


def schema(record: type[Record]) -> dict[str, pl.DataType]:
    """The polars columns of a record, in its order of fields."""
    return {name: _column(field.annotation) for name, field in record.model_fields.items()}


def frame(record: type[Record], rows: Iterable[Record | dict[str, Any]]) -> pl.DataFrame:
    """Rows as a table with the record's schema. Dicts must come out of `row()`; records are converted."""
    import polars as pl

    plain = [row(r) if isinstance(r, Record) else r for r in rows]
    return pl.DataFrame(plain, schema=schema(record), orient="row")


def row(record: Record) -> dict[str, Any]:
    """A record as one plain row: `dict` fields become JSON text (sorted keys), all else stays."""
    plain = record.model_dump()
    for name, value in plain.items():
        if isinstance(value, dict):
            plain[name] = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return plain


def records(record: type[R], table: pl.DataFrame) -> list[R]:
    """The inverse of `frame`: validated records out of a table."""
    nested = {name for name, field in record.model_fields.items() if _base(field.annotation) is dict}
    return [
        record.model_validate({k: json.loads(v) if k in nested else v for k, v in plain.items()}) for plain in table.iter_rows(named=True)
    ]


def text_hash(person: str, chatbot: str) -> str:
    """What identifies a conversation's or reply's text in a review."""
    return hashlib.sha256(json.dumps([person, chatbot]).encode()).hexdigest()[:32]


def _base(annotation: Any) -> Any:
    """`int | None` -> int, `Literal["a"]` -> str, `dict[str, Any]` -> dict."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return _base(next(a for a in typing.get_args(annotation) if a is not type(None)))
    if origin is Literal:
        return str
    return origin or annotation


def _column(annotation: Any) -> pl.DataType:
    import polars as pl

    columns: dict[Any, Any] = {
        str: pl.String,
        int: pl.Int64,
        float: pl.Float64,
        bool: pl.Boolean,
        dict: pl.String,
        list: pl.List(pl.String),
    }
    column: pl.DataType = columns[_base(annotation)]
    return column
