"""agreement: does an engine answer as the reference engine does? Greedy replies to the same prompts, held against each other by tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tidelab.engines.base import Answer


class Agreement(NamedTuple):
    """Of an engine with the reference engine."""

    prompts: int
    tokens: int
    """Tokens at which both had written the same before: the reply up to the first difference, and that one."""
    same_token: float
    """Share of those at which both chose the same token: top-1 agreement where contexts are equal."""
    same_text: float
    """Share of replies that are the same throughout."""


def agreement(tokenizer: Any, expected: Sequence[Answer], found: Sequence[Answer]) -> Agreement:
    """Of the replies that have a text in both; NaN where there is none. A turn's end counts as a token."""
    pairs = [(a, b) for a, b in zip(expected, found, strict=True) if a.text is not None and b.text is not None]
    tokens = different = 0
    for one, other in pairs:
        ids, others = _tokens(tokenizer, one), _tokens(tokenizer, other)
        alike = next((i for i, (a, b) in enumerate(zip(ids, others, strict=False)) if a != b), min(len(ids), len(others)))
        apart = alike < max(len(ids), len(others))
        tokens += alike + apart
        different += apart
    if not tokens:
        return Agreement(len(pairs), 0, float("nan"), float("nan"))
    return Agreement(len(pairs), tokens, 1 - different / tokens, 1 - different / len(pairs))


def _tokens(tokenizer: Any, answer: Answer) -> list[int]:
    ids: list[int] = tokenizer(answer.text, add_special_tokens=False)["input_ids"]
    return [*ids, -1] if answer.stop_reason == "stop" else ids
