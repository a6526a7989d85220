"""The sample corpus: 10 personas x 4 scenarios = 40 conversations, CC BY 4.0; README.md beside this file is its data card."""

from __future__ import annotations

from importlib.resources import files
from typing import TypeVar

from tidelab.records import Conversation, Persona, Record, Scenario

R = TypeVar("R", bound=Record)


def load() -> tuple[list[Persona], list[Scenario], list[Conversation]]:
    """The 10 personas, 40 scenarios and 40 conversations as validated records, in the order of their ids; `split` is None."""
    return _read("personas.jsonl", Persona), _read("scenarios.jsonl", Scenario), _read("conversations.jsonl", Conversation)


def _read(name: str, record: type[R]) -> list[R]:
    lines = (files(__name__) / name).read_text(encoding="utf-8").split("\n")  # not splitlines: a text may hold other line separators
    return [record.model_validate_json(line) for line in lines if line]
