"""The sample corpus: 25 personas x 20 scenarios = 500 conversations, CC BY 4.0; README.md beside this file is its data card."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal, TypeVar

from pydantic import Field

from tidelab.records import Conversation, Persona, Record, Scenario

R = TypeVar("R", bound=Record)
Act = Literal["emotion_recognition", "distress_normalization", "supportive_reflection", "suggestion", "question", "resource", "other"]
Level = Literal[0, 1, 2]
VALIDATION: tuple[Act, ...] = ("emotion_recognition", "distress_normalization")
SUPPORT: tuple[Act, ...] = ("supportive_reflection", "suggestion", "resource")


class Contrast(Record):
    """A further reply to a sample conversation's person, made to be worse than the reference."""

    conversation_id: str = Field(min_length=1, description="whose person it answers")
    kind: str = Field(min_length=1, description="`lukewarm` (kind and generic), or the one way in which it fails; the card lists them")
    text: str = Field(min_length=1, description="the reply")
    span: str = Field(description="the words that fail; empty where lukewarm")


def contrasts() -> list[Contrast]:
    """A lukewarm and a failing reply for each of 250 conversations, in the order of their ids. Never to be taught or served."""
    return _read("contrasts.jsonl", Contrast)


class Reading(Record):
    """What one labeller, or the third who settled, said of a reply, from the guide docs/labels.md alone."""

    acts: list[Act] = Field(min_length=1, description="the act of each sentence, as `text.sentences` cuts them")
    emotion_recognition: Level = Field(description="level 0-2 of the factor")
    distress_normalization: Level = Field(description="level 0-2 of the factor")
    supportive_reflection: Level = Field(description="level 0-2 of the factor")
    breaks: dict[str, str] = Field(description="axis of `safety.axes` -> the exact words that break it; empty for an omission")

    @property
    def validation_first(self) -> Literal["yes", "no", "none"]:
        """Whether the first act of validation stands before the first of support; `none` if there is no support."""
        places = {act: i for i, act in reversed(list(enumerate(self.acts)))}
        support = min((places[act] for act in SUPPORT if act in places), default=None)
        validation = min((places[act] for act in VALIDATION if act in places), default=None)
        return "none" if support is None else "yes" if validation is not None and validation < support else "no"


class Label(Record):
    """The labels of one reply: what was settled, and what the two labellers said who knew nothing of one another."""

    conversation_id: str = Field(min_length=1, description="whose person it answers")
    kind: str = Field(min_length=1, description="`reference`, `lukewarm`, or the way in which it was written to fail")
    settled: Reading = Field(description="both labellers' word where they agree, a third reader's where they don't")
    first: Reading = Field(description="the first labeller's")
    second: Reading = Field(description="the second labeller's")


def labels() -> list[Label]:
    """A label for each of the 500 references, then for each contrast, in the order of their ids."""
    return _read("labels.jsonl", Label)


def load() -> tuple[list[Persona], list[Scenario], list[Conversation]]:
    """The 25 personas, 500 scenarios and 500 conversations as validated records, in the order of their ids; `split` is None."""
    return _read("personas.jsonl", Persona), _read("scenarios.jsonl", Scenario), _read("conversations.jsonl", Conversation)


def _read(name: str, record: type[R]) -> list[R]:
    lines = (files(__name__) / name).read_text(encoding="utf-8").split("\n")  # not splitlines: a text may hold other line separators
    return [record.model_validate_json(line) for line in lines if line]
