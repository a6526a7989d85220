"""Design: a whole human study as one validated document, `study.yaml`."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tidelab import settings
from tidelab.errors import TidelabError

Name = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
DECLINED = "declined"
SLOT = "["
"""What stands for a text that the study's owner has yet to write."""


class Section(BaseModel):
    """A part of the study; unknown keys are refused, so that a misspelt one can't be ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(Section):
    """One question. With `options` one of them is chosen (`many`: any number); without, a text is written."""

    name: str = Name
    ask: str = Field(min_length=1, description="the question's words")
    hint: str = Field("", description="a sentence below it")
    options: dict[str, str] = Field(default_factory=dict, description="{value: words}, in order")
    many: bool = Field(False, description="any number of options may be chosen")
    decline: bool = Field(False, description="`I'd rather not say` is offered")
    required: bool = Field(True, description="whether the page can't be left without an answer")
    other: str = Field("", description="value of the option that asks for own words")
    right: str | None = Field(None, description="of a comprehension check: the right value")
    excludes: list[str] = Field(default_factory=list, description="of the screening: values with which one can't take part")

    @field_validator("options", mode="before")
    @classmethod
    def _as_text(cls, options: Any) -> Any:
        return {str(k): str(v) for k, v in options.items()} if isinstance(options, dict) else options

    @model_validator(mode="after")
    def _values_exist(self) -> Question:
        for value in [*self.excludes, *filter(None, (self.right, self.other))]:
            if value not in self.options:
                raise ValueError(f"{value!r} is none of the options of `{self.name}`")
        return self


class Scale(Section):
    """What a reply is rated on; `anchors[0]` belongs to the rating 1."""

    name: str = Name
    title: str = Field(min_length=1, description="its heading")
    ask: str = Field(min_length=1, description="the question")
    anchors: list[str] = Field(min_length=5, max_length=5, description="the words of 1 to 5")


class Questionnaire(Section):
    """A further page of questions, after the demographics."""

    name: str = Name
    title: str = Field(min_length=1, description="its heading")
    text: str = Field("", description="what stands above the questions")
    questions: list[Question] = Field(min_length=1, description="its questions")


class Consent(Section):
    """What people agree to; the version and a hash of the text are stored with each answer."""

    version: str = Field("1", min_length=1, description="raise it when the text changes")
    text: str = Field("", description="the study's own, approved text; paragraphs are parted by an empty line")


class Resource(Section):
    """Someone to turn to, as the study's owner knows them to be there."""

    country: str = Field("", pattern=r"^([A-Z]{2})?$", description="ISO 3166 code; empty: for everybody")
    name: str = Field(min_length=1, description="the service")
    contact: str = Field(min_length=1, description="number or address")
    hours: str = Field("", description="when it answers")


class PerParticipant(Section):
    """How much one person sees."""

    items: int = Field(5, ge=1, le=50, description="conversations")
    systems: int = Field(4, ge=1, le=12, description="replies to each of them")


class Practice(Section):
    """The example that is rated for practice; never one of the items."""

    person: str = Field(min_length=1, description="what the person says")
    reply: str = Field(min_length=1, description="what the chatbot replies")


class Design(Section):
    """A whole human study."""

    format: Literal[1] = Field(1, description="of this file")
    name: str = Field("study", pattern=r"^[A-Za-z0-9._-]+$", description="a short name")
    title: str = Field("How do these replies feel?", min_length=1, description="what participants see as its name")
    language: str = Field("en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="language of the texts, for screen readers")
    seed: int = Field(7, ge=0, description="of groups, blocks and orders")
    organisation: str = Field("", description="who is responsible")
    contact: str = Field("", description="how to reach them; shown on every page")
    consent: Consent = Field(default_factory=Consent, description="what people agree to")
    resources: list[Resource] = Field(default_factory=list, description="who can be turned to, shown on every page")
    warning: str = Field(min_length=1, description="the content warning")
    instructions: str = Field(min_length=1, description="what to do")
    debrief: str = Field(min_length=1, description="what the study is about, told at the end")
    practice: Practice = Field(description="the example that is rated for practice")
    items: list[str] = Field(min_length=1, description="conversation_ids that are rated")
    systems: list[str] = Field(min_length=1, description="system_ids whose replies are rated")
    per_participant: PerParticipant = Field(default_factory=PerParticipant, description="how much one person sees")
    scales: list[Scale] = Field(min_length=1, description="what each reply is rated on")
    pairwise: bool = Field(False, description="after each conversation: which of its first and last reply one would rather get")
    open_text: bool = Field(False, description="own words may be written to each reply")
    attention: int = Field(2, ge=0, le=10, description="attention checks in a session")
    topics: bool = Field(True, description="topics can be left out at the start")
    screening: list[Question] = Field(default_factory=list, description="who can take part")
    demographics: list[Question] = Field(default_factory=list, description="each may be declined")
    questionnaires: list[Questionnaire] = Field(default_factory=list, description="further pages of questions")
    check: list[Question] = Field(default_factory=list, description="comprehension check, two tries")
    target: int = Field(60, ge=1, description="completed sessions wanted; then nobody new is let in")
    reservation_minutes: int = Field(90, ge=5, description="since the last page, until a place is given to somebody else")
    minimum_seconds: float = Field(3.0, ge=0, description="median time to a rating page below which a session is flagged")
    retention_days: int = Field(365, ge=1, description="days after the last page on which a person's rows are deleted")
    returns: dict[str, str] = Field(default_factory=dict, description="{prolific, sona: where to go at the end}; `{code}` becomes the code")

    @field_validator("returns")
    @classmethod
    def _are_addresses(cls, returns: dict[str, str]) -> dict[str, str]:
        for channel, address in returns.items():
            if channel not in ("prolific", "sona") or not address.startswith("https://"):
                raise ValueError("returns are `prolific: https://...` and `sona: https://...`")
        return returns

    @model_validator(mode="after")
    def _fits_together(self) -> Design:
        for what in ("items", "systems"):
            values = getattr(self, what)
            if len(set(values)) != len(values):
                raise ValueError(f"`{what}` names one twice")
            if getattr(self.per_participant, what) > len(values):
                raise ValueError(f"per_participant.{what} is more than there are {what} ({len(values)})")
        names = [q.name for part in (self.screening, self.demographics, self.check) for q in part] + [s.name for s in self.scales]
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            raise ValueError(f"two questions are called `{doubled[0]}`")
        if any(q.right is None for q in self.check):
            raise ValueError("each question of `check` says which answer is `right`")
        return self

    def unready(self) -> list[str]:
        """What the study's owner has to write before a person can be asked; empty where all is there."""
        missing = []
        if not self.contact.strip() or SLOT in self.contact:
            missing.append("contact: how participants reach you")
        if len(self.consent.text.split()) < 20 or SLOT in self.consent.text:
            missing.append("consent.text: your own consent text, without the bracketed slots")
        if not self.resources or any(SLOT in r.contact + r.name for r in self.resources):
            missing.append("resources: at least one service that participants can turn to, which you have checked yourself")
        return missing

    def text(self) -> str:
        """As YAML, every value written out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)

    def sha256(self) -> str:
        """What tells one version of the study from another; the number wanted may change without a new version."""
        decides = self.model_dump(mode="json", exclude={"target", "retention_days"})
        return hashlib.sha256(yaml.safe_dump(decides, sort_keys=True).encode()).hexdigest()[:32]


def defaults() -> dict[str, Any]:
    """Scales, questions and texts that a new study starts from."""
    document: dict[str, Any] = yaml.safe_load((resources.files("tidelab.study") / "defaults.yaml").read_text("utf-8"))
    return document


def load(path: Path) -> Design:
    """The study in a file. TidelabError naming file and line."""
    if not path.is_file():
        raise TidelabError("there is no study here yet", where=str(path), mend="make one: `tide study init --run RUN`")
    document, origins = settings.read(path, "make one with `tide study init --run RUN`")
    try:
        return Design.model_validate(document)
    except ValidationError as error:
        raise settings.explained(error, origins, str(path), Design) from None
