"""What a teacher is asked: templates in versioned files under `corpus/prompts`, filled with a persona and a scenario."""

from __future__ import annotations

import functools
import hashlib
import json
from importlib import resources
from string import Template
from typing import Any

from tidelab.engines.base import Prompt
from tidelab.records import Persona, Scenario

VERSION = "conversation-v1"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "person": {"type": "string", "description": "the person's message"},
        "chatbot": {"type": "string", "description": "the chatbot's reply"},
    },
    "required": ["person", "chatbot"],
    "additionalProperties": False,
}


@functools.cache
def template(part: str) -> str:
    """The words of `system` or `user`."""
    return (resources.files("tidelab.corpus") / "prompts" / f"{VERSION}.{part}.txt").read_text("utf-8").strip()


@functools.cache
def prompt_hash() -> str:
    """First 16 hex digits of the SHA-256 of both templates and the schema; stands in every row's provenance."""
    whole = json.dumps([template("system"), template("user"), SCHEMA], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def ask(persona: Persona, scenario: Scenario, attempt: int = 0) -> Prompt:
    """The prompt for one conversation; `attempt` counts fresh tries and changes nothing that the teacher reads."""
    facts = {**persona.model_dump(), **scenario.model_dump()}
    words = {name: "; ".join(value) if isinstance(value, list) else value for name, value in facts.items()}
    said = {name: "not stated" if value is None or value == "" else str(value) for name, value in words.items()}
    filled = Template(template("user")).substitute(said)
    return Prompt(({"role": "system", "content": template("system")}, {"role": "user", "content": filled}), SCHEMA, attempt)
