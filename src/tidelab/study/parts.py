"""Parts of a study: its questions, scales and texts, each a validated section of `study.yaml`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Name = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


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
