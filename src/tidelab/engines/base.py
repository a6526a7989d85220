"""Engine: whatever answers a prompt. Students, and later teachers, judges and chat, all speak through it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypedDict

from tidelab.records import StopReason


class Message(TypedDict):
    """One turn, in the roles of chat templates: the person is `user`, the chatbot is `assistant`."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Prompt:
    """What an engine answers: the turns so far, the person's last."""

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    """JSON schema of a structured answer; None asks for plain text."""
    attempt: int = 0
    """0 for the first answer; a fresh try of the same prompt counts up, so that it isn't given the stored answer."""


@dataclass(frozen=True)
class Answer:
    """What came back. `text` None means that there is no answer; `reason` then says why."""

    text: str | None
    stop_reason: StopReason
    prompt_tokens: int | None = None
    """Tokens of the prompt as the model saw it, template included."""
    reply_tokens: int | None = None
    """Tokens written, the end of the turn and any thinking included."""
    seconds: float | None = None
    """Wall seconds of the batch, shared over its prompts."""
    reason: str = ""
    model: str = ""
    """The model's own name as the provider gives it; empty for local engines."""
    cost: float | None = 0.0
    """US dollars; None where no price is known. 0 for whatever runs here."""
    calls: int = 1
    """Requests sent until this answer came, its own included."""
    form: str = ""
    """How a structured answer was asked for: `schema`, `tool`, `json`, `plain`."""
    batch: bool = False
    """Came through the provider's batch endpoint."""
    written: str = ""
    """UTC time at which it was stored; empty for local engines."""
    thinking_tokens: int | None = None
    """Tokens of thinking aloud that stood before the reply and were taken off it; only local engines count them."""


class Engine(Protocol):
    """Answers prompts in order, one answer each; a prompt that can't be answered gets its reason, never an exception."""

    @property
    def identity(self) -> str:
        """What answers, with its versions: `transformers 5.23.0, torch 2.13.0, fp32, greedy`."""

    def answer(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer for each prompt, as one batch."""


def dialogue(system: str, person: str) -> tuple[Message, ...]:
    """The turns of a two-turn conversation before the chatbot's reply; an empty `system` is left out."""
    turn: Message = {"role": "user", "content": person}
    return ({"role": "system", "content": system}, turn) if system else (turn,)


def json_value(text: str) -> object:
    """The JSON value of a text, alone or in a fenced block, as models without a JSON mode give it; None where there is none."""
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?```\s*", text, re.DOTALL)
    try:
        value: object = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return None
    return value
