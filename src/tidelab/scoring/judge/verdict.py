"""Reads a judge's answer: a level with its spans on each scale, or why it is none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from tidelab.engines.base import Answer, Prompt, json_value
from tidelab.scoring.judge.rubric import LEVELS, Rubric

TRIES = 3  # the first answer and two fresh ones
_CURLY = str.maketrans("‘’“”–—", "''\"\"--")


class Bad(NamedTuple):
    """Why an answer is no verdict."""

    reason: str


@dataclass(frozen=True)
class Verdict:
    """levels and spans by scale; `strays` counts quoted spans that the reply does not hold, which were left out."""

    levels: dict[str, int]
    spans: dict[str, list[str]]
    strays: int


def read(answer: Answer, reply: str, rubric: Rubric) -> Verdict | Bad:
    """The verdict in an answer that is whole, JSON of the asked form and nothing else, each level of 2 and more with words of the reply."""
    if answer.reason or answer.text is None:
        return Bad(answer.reason or "no answer")
    if not answer.text.strip():
        return Bad("the answer is empty")
    if answer.stop_reason == "length":
        return Bad("the answer was cut at the limit of tokens")
    value = json_value(answer.text)
    if not isinstance(value, dict):
        return Bad("the answer is not one JSON object")
    if set(value) != set(rubric.keys):
        return Bad(f"the answer's scales are not {', '.join(rubric.keys)}")
    levels: dict[str, int] = {}
    spans: dict[str, list[str]] = {}
    strays = 0
    for key in rubric.keys:
        entry = value[key]
        if not isinstance(entry, dict) or set(entry) != {"level", "spans"}:
            return Bad(f"`{key}` is no object with `level` and `spans`")
        level, quoted = entry["level"], entry["spans"]
        if isinstance(level, bool) or not isinstance(level, int) or level not in LEVELS:
            return Bad(f"the level of `{key}` is {json.dumps(level)[:40]}, not a whole number from 1 to 5")
        if not isinstance(quoted, list) or not all(isinstance(span, str) for span in quoted):
            return Bad(f"the spans of `{key}` are no list of texts")
        held = [span for span in quoted if _plain(span) and _plain(span) in _plain(reply)]
        if level > 1 and not held:
            return Bad(f"`{key}` has level {level} without a span that stands in the reply")
        levels[key], spans[key] = level, held
        strays += len(quoted) - len(held)
    return Verdict(levels, spans, strays)


class Judgement:
    """One reply before a judge: what its answers were so far. `names` are the rows that hold the same person's words and reply."""

    def __init__(
        self, rubric: Rubric, names: list[tuple[str, str]], person: str, reply: str, first: int = 0, *, reply_first: bool = False
    ) -> None:
        self.rubric, self.names, self.person, self.reply, self.first, self.reply_first = rubric, names, person, reply, first, reply_first
        self.reasons: list[str] = []
        self.calls = 0

    @property
    def prompt(self) -> Prompt:
        """What is asked now."""
        return self.rubric.ask(self.person, self.reply, self.first + len(self.reasons), reply_first=self.reply_first)

    def take(self, answer: Answer) -> list[dict[str, Any]] | None:
        """A row for each name and scale; None when a fresh try is due."""
        self.calls += answer.calls
        found = read(answer, self.reply, self.rubric)
        if isinstance(found, Verdict):
            return self._rows(found, "", answer.model)
        self.reasons.append(found.reason)
        if answer.text is not None and len(self.reasons) < TRIES:  # an answer that never came was asked for often enough by the engine
            return None
        tries = f" ({len(self.reasons)} tries)" if len(self.reasons) > 1 else ""
        return self._rows(None, "; ".join(dict.fromkeys(self.reasons)) + tries, answer.model)

    def _rows(self, verdict: Verdict | None, reason: str, model: str) -> list[dict[str, Any]]:
        return [
            {
                "conversation_id": conversation_id,
                "system_id": system_id,
                "scale": key,
                "level": verdict.levels[key] if verdict else None,
                "spans": verdict.spans[key] if verdict else [],
                "strays": verdict.strays if verdict else 0,
                "reason": reason,
                "tries": len(self.reasons) + (1 if verdict else 0),
                "calls": self.calls,
                "model": model,
            }
            for conversation_id, system_id in self.names
            for key in self.rubric.keys
        ]


def _plain(text: str) -> str:
    """Without differences that copying makes: case, white space, curly marks, an ellipsis at either end."""
    return " ".join(text.translate(_CURLY).casefold().split()).strip(" .…\"'")
