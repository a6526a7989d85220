"""How a model is spoken to: its own chat template, and the token that ends its turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidelab.engines.base import Message

PROBE = "tidelab"


def prompt_text(tokenizer: Any, messages: Sequence[Message]) -> str:
    """The turns in the model's own format, up to where its reply begins. Tokenize it without special tokens: they are in it.

    A template that refuses a system turn (Gemma 2) gets it as the beginning of the person's turn. Models that can think aloud
    (Qwen 3) are asked not to: what is studied is the reply.
    """
    from jinja2.exceptions import TemplateError

    def render(turns: Sequence[Message]) -> str:
        text: str = tokenizer.apply_chat_template(list(turns), tokenize=False, add_generation_prompt=True, enable_thinking=False)
        return text

    try:
        return render(messages)
    except TemplateError:
        if messages[0]["role"] != "system" or len(messages) < 2:
            raise
        first: Message = {"role": messages[1]["role"], "content": f"{messages[0]['content']}\n\n{messages[1]['content']}"}
        return render([first, *messages[2:]])


def prompt_ids(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """Token ids of `prompt_text`; the template writes the begin token where there is one, so none is added here."""
    ids: list[int] = tokenizer(prompt_text(tokenizer, messages), add_special_tokens=False)["input_ids"]
    return ids


def turn_end(tokenizer: Any) -> int:
    """Id of the token with which the template ends a reply: Qwen's <|im_end|>, Gemma's <end_of_turn>; else the end token.

    Read off the template, because `eos_token` is often only the end of a document, which a chat model never writes.
    """
    turns: list[Message] = [{"role": "user", "content": "a"}, {"role": "assistant", "content": PROBE}]
    whole: str = tokenizer.apply_chat_template(turns, tokenize=False, enable_thinking=False)
    after = whole.rpartition(PROBE)[2]
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    for token in tokenizer(after, add_special_tokens=False)["input_ids"]:
        if token in special:
            return int(token)
    return int(tokenizer.eos_token_id)


def end_ids(tokenizer: Any, generation_config: Any = None) -> list[int]:
    """All tokens at which a reply is over: the turn's end first, then the end token and what the model's own settings name."""
    named = getattr(generation_config, "eos_token_id", None)
    extra = named if isinstance(named, list) else [] if named is None else [named]
    return list(dict.fromkeys([turn_end(tokenizer), int(tokenizer.eos_token_id), *map(int, extra)]))
