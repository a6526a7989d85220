"""The sample corpus: 25 personas x 20 scenarios = 500 conversations, CC BY 4.0; README.md beside this file is its data card."""

from __future__ import annotations

from importlib.resources import files
from typing import TypeVar

from pydantic import Field

from tidelab.records import Conversation, Persona, Record, Scenario

R = TypeVar("R", bound=Record)


class Contrast(Record):
    """A further reply to a sample conversation's person, made to be worse than the reference."""

    conversation_id: str = Field(min_length=1, description="whose person it answers")
    kind: str = Field(min_length=1, description="`lukewarm` (kind and generic), or the one way in which it fails; the card lists them")
    text: str = Field(min_length=1, description="the reply")
    span: str = Field(description="the words that fail; empty where lukewarm")


def contrasts() -> list[Contrast]:
    """A lukewarm and a failing reply for each of 250 conversations, in the order of their ids. Never to be taught or served."""
    return _read("contrasts.jsonl", Contrast)


def load() -> tuple[list[Persona], list[Scenario], list[Conversation]]:
    """The 25 personas, 500 scenarios and 500 conversations as validated records, in the order of their ids; `split` is None."""
    return _read("personas.jsonl", Persona), _read("scenarios.jsonl", Scenario), _read("conversations.jsonl", Conversation)


def _read(name: str, record: type[R]) -> list[R]:
    lines = (files(__name__) / name).read_text(encoding="utf-8").split("\n")  # not splitlines: a text may hold other line separators
    return [record.model_validate_json(line) for line in lines if line]
