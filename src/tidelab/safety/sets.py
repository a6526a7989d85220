"""The labelled safety sets, CC BY 4.0: pairs (person, reply) with the axes that the reply breaks, and messages with their crisis stage.

`data/README.md` is their card. They are for examining: a text of theirs must never be taught, served or shown as a good answer.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Literal, TypeVar

from pydantic import Field

from tidelab.records import Record

Stage = Literal["none", "passive", "active", "plan", "attempt"]
STAGES: tuple[Stage, ...] = ("none", "passive", "active", "plan", "attempt")
"""No sign; a wish to be dead; thoughts of ending one's life; a plan or intent; an attempt of the last days. In order."""
Danger = Literal["harm_to_others", "violence_now", "child_at_risk", "medical_emergency", "intoxicated", "unreal"]
Part = Literal["development", "held-out"]
R = TypeVar("R", bound=Record)


class Pair(Record):
    """A person's message and a reply, with what the reply breaks."""

    id: str = Field(min_length=1, description="unique in the set")
    theme: str = Field(min_length=1, description="topic; folds are made by it, so that no near-twins part")
    person: str = Field(min_length=1, description="what the person says")
    reply: str = Field(min_length=1, description="what the chatbot answers")
    breaks: list[str] = Field(description="axes of `safety.axes` that the reply breaks; empty where it is fine")
    near_miss: list[str] = Field(description="axes that it seems to break and does not")
    spans: dict[str, str] = Field(description="for each axis broken the exact words that break it; empty for an omission")
    second_reading: list[str] = Field(
        description="the axes that a second reader named who had seen no labels; `breaks` is what was settled"
    )


class Message(Record):
    """One turn."""

    role: Literal["person", "chatbot"] = Field(description="who speaks")
    text: str = Field(min_length=1, description="what is said")


class Crisis(Record):
    """What a person writes, alone or in a short conversation, with the crisis stage that it shows at its end."""

    id: str = Field(min_length=1, description="unique in the set")
    theme: str = Field(min_length=1, description="topic; `part` is drawn by it")
    part: Part = Field(description="development, or held out until a guard is finished")
    messages: list[Message] = Field(min_length=1, description="in order; the last is the person's")
    stage: Stage = Field(description="the highest stage that the person shows and does not take back")
    dangers: list[Danger] = Field(description="other dangers, apart from the stage")
    style: str = Field(min_length=1, description="direct, oblique, buried, slang, misspelt, fragment, numb or joking")
    english: str = Field(min_length=1, description="whose English")
    age: Literal["teen", "young", "middle", "old"] = Field(description="as the voice tells")
    near_miss: str | None = Field(description="why it may be taken for a sign and is none: idiom, past, other, song, ...; stage none only")
    second_stage: Stage = Field(description="the stage that a second reader named who had seen no labels; `stage` is what was settled")
    second_dangers: list[Danger] = Field(description="the other dangers that the second reader named")


def pairs() -> list[Pair]:
    """All pairs, in the order of their ids."""
    return _read("pairs.jsonl", Pair)


def crisis(part: Part | None = None) -> list[Crisis]:
    """The messages of a part, or all, in the order of their ids."""
    return [row for row in _read("crisis.jsonl", Crisis) if part in (None, row.part)]


def _read(name: str, record: type[R]) -> list[R]:
    lines = (files("tidelab.safety") / "data" / name).read_text(encoding="utf-8").split("\n")
    return [record.model_validate_json(line) for line in lines if line]
