"""What local engines share: whether a prompt fits the context, and how the tokens that were written are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from tidelab.engines.base import Answer
from tidelab.engines.chat_format import thinking


def too_long(prompt: int, reply: int, context: int | None) -> str:
    """Why a prompt of so many tokens can't be answered; empty where it can."""
    if context is None or prompt + reply <= context:
        return ""
    return f"prompt too long: {prompt} tokens and {reply} for the reply exceed the context of {context}"


def read(tokenizer: Any, ends: Collection[int], prompt_tokens: int, written: Sequence[int], seconds: float) -> Answer:
    """The answer that stands in the tokens written after a prompt: up to the first end token, without what was thought aloud."""
    end = next((i for i, token in enumerate(written) if token in ends), None)
    count = len(written) if end is None else end + 1
    thought, ended = thinking(tokenizer, written[:end])
    if not ended:
        reason = f"thought aloud for {thought} tokens and never began to reply"
        return Answer(None, "error", prompt_tokens, count, seconds, reason, thinking_tokens=thought)
    text: Any = tokenizer.decode(written[thought:end], skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Answer(str(text).strip(), "length" if end is None else "stop", prompt_tokens, count, seconds, thinking_tokens=thought)
