"""What a student is told and asked: one system prompt in a file, then the person's words. Teaching and replying use the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import resources

from tidelab.engines.base import Message, dialogue


def system_prompt() -> str:
    """The words of `prompts/system.txt`."""
    return prompt_file("system")


def prompt_file(name: str) -> str:
    """The words of `prompts/NAME.txt`."""
    return (resources.files("tidelab.students") / "prompts" / f"{name}.txt").read_text("utf-8").strip()


def system_prompt_hash() -> str:
    """First 16 hex digits of its SHA-256; goes into the fingerprint of every cell that uses it."""
    return hashlib.sha256(system_prompt().encode()).hexdigest()[:16]


def ask(person: str, examples: Sequence[tuple[str, str]] = (), told: str = "") -> tuple[Message, ...]:
    """The turns that a student answers; `examples` (person, reply) stand before them as turns that have been, `told` for the system
    prompt where it is another.
    """
    *system, turn = dialogue(told or system_prompt(), person)
    shown: list[Message] = []
    for said, reply in examples:
        shown += [{"role": "user", "content": said}, {"role": "assistant", "content": reply}]
    return (*system, *shown, turn)
