"""The rubric in its versioned file, the prompt that it makes, and the form of the answer."""

from __future__ import annotations

import functools
import hashlib
import json
import unicodedata
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from tidelab.engines.base import Prompt

NAME = "empathy-v1"
LEVELS = (1, 2, 3, 4, 5)
_ESCAPED = set("<>&[]|#`")
"""Marks that end a field, a turn or a tag in some model's template; as \\u escapes they are read as the same characters."""


class Scale(NamedTuple):
    """One thing that is rated: `levels` are its five anchors, from 1 to 5."""

    key: str
    title: str
    question: str
    levels: list[str]


class Rubric(NamedTuple):
    """What a judge is told; `sha` are the first 12 hex digits of the hash of all that decides its answers."""

    instructions: str
    scales: list[Scale]
    sha: str

    @property
    def identity(self) -> str:
        """For signatures: `empathy-v1@<hash>`."""
        return f"{NAME}@{self.sha}"

    @property
    def keys(self) -> list[str]:
        """The scales' names."""
        return [scale.key for scale in self.scales]

    @property
    def system(self) -> str:
        """The words before the message; they never depend on the reply."""
        parts = [self.instructions.strip()]
        for scale in self.scales:
            anchors = "\n".join(f"{level}: {text}" for level, text in zip(LEVELS, scale.levels, strict=True))
            parts.append(f'"{scale.key}" ({scale.title}). {scale.question}\n{anchors}')
        example = {key: {"level": 1, "spans": []} for key in self.keys}
        return "\n\n".join([*parts, f"Form of the answer: {json.dumps(example)}"])

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the answer."""
        entry = {
            "type": "object",
            "properties": {"level": {"type": "integer", "enum": list(LEVELS)}, "spans": {"type": "array", "items": {"type": "string"}}},
            "required": ["level", "spans"],
            "additionalProperties": False,
        }
        return {"type": "object", "properties": dict.fromkeys(self.keys, entry), "required": self.keys, "additionalProperties": False}

    def ask(self, person: str, reply: str, attempt: int = 0, *, reply_first: bool = False) -> Prompt:
        """The prompt for one reply. No name of a system or conversation is in it; `attempt` changes nothing that the judge reads."""
        fields = {"person": quoted(person), "reply": quoted(reply)}
        names = reversed(fields) if reply_first else fields
        told = "{" + ", ".join(f'"{name}": {fields[name]}' for name in names) + "}"
        return Prompt(({"role": "system", "content": self.system}, {"role": "user", "content": told}), self.schema, attempt)


@functools.cache
def load() -> Rubric:
    """The rubric in force."""
    data = yaml.safe_load((files("tidelab.scoring") / "rubrics" / f"{NAME}.yaml").read_text("utf-8"))
    rubric = Rubric(data["instructions"], [Scale(**scale) for scale in data["scales"]], "")
    whole = json.dumps([rubric.system, rubric.schema], sort_keys=True)
    return rubric._replace(sha=hashlib.sha256(whole.encode()).hexdigest()[:12])


def quoted(text: str) -> str:
    """A text as a JSON string that holds no control, format or template character as itself: it can't end its field or its turn."""
    return "".join(_escape(c) if _unsafe(c) else c for c in json.dumps(text, ensure_ascii=False))


def _unsafe(character: str) -> bool:
    return character in _ESCAPED or (character != " " and unicodedata.category(character)[0] in "CZ")


def _escape(character: str) -> str:
    return json.dumps(character)[1:-1] if ord(character) > 0x7E else f"\\u{ord(character):04x}"
