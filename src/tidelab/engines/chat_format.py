"""How a model is spoken to: its own chat template, and the token that ends its turn."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any

from tidelab.engines.base import Message
from tidelab.errors import TidelabError

PROBE = "tidelab"
THINK, THOUGHT = "<think>", "</think>"

# Llama 3.2 and SmolLM3 write today's date into the prompt: replies would depend on the day. The day is Llama's own where it has no clock.
CLOCK = "strftime_now"
STOPPED_CLOCK = (
    "{%- macro strftime_now(format) -%}{{- format | replace('%d', '26') | replace('%b', 'Jul') | replace('%B', 'July')"
    " | replace('%m', '07') | replace('%Y', '2024') -}}{%- endmacro -%}"
)


def prompt_text(tokenizer: Any, messages: Sequence[Message]) -> str:
    """The turns in the model's own format, up to where its reply begins. Tokenize it without special tokens: they are in it.

    A template that refuses a system turn (Gemma 2) gets it as the beginning of the person's turn. Models that can think aloud
    (Qwen 3, DeepSeek-R1) are asked not to, or find their thinking closed: what is studied is the reply. Raises TidelabError where
    the template can't write the turns.
    """
    from jinja2.exceptions import TemplateError

    try:
        text = _render(tokenizer, messages, prompt=True)
    except TemplateError as error:
        if messages[0]["role"] != "system" or len(messages) < 2:
            raise _no_rendering(tokenizer, error) from error
        first: Message = {"role": messages[1]["role"], "content": f"{messages[0]['content']}\n\n{messages[1]['content']}"}
        try:
            text = _render(tokenizer, [first, *messages[2:]], prompt=True)
        except TemplateError as again:
            raise _no_rendering(tokenizer, again) from again
    opened = text.rstrip()
    return f"{opened}\n\n{THOUGHT}\n\n" if opened.endswith(THINK) else text


def prompt_ids(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """Token ids of `prompt_text`; the template writes the begin token where there is one, so none is added here."""
    ids: list[int] = tokenizer(prompt_text(tokenizer, messages), add_special_tokens=False)["input_ids"]
    return ids


def turn_end(tokenizer: Any) -> int:
    """Id of the token with which the template ends a reply: Qwen's <|im_end|>, Gemma's <end_of_turn>; else the end token.

    Read off the template, because `eos_token` is often only the end of a document, which a chat model never writes.
    """
    turns: list[Message] = [{"role": "user", "content": "a"}, {"role": "assistant", "content": PROBE}]
    after = _render(tokenizer, turns, prompt=False).rpartition(PROBE)[2]
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


def thinking(tokenizer: Any, written: Sequence[int]) -> tuple[int, bool]:
    """(tokens of thinking at the start of what was written, whether the thinking ended). (0, True) where there is none."""

    def text(count: int) -> str:
        decoded: str = tokenizer.decode(list(written[:count]), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        return decoded

    whole = text(len(written))
    if THOUGHT in whole:
        # The fewest tokens that hold the last end of thinking; whoever thinks twice has not begun to reply before.
        ends = whole.count(THOUGHT)
        return bisect.bisect_left(range(len(written) + 1), True, key=lambda count: text(count).count(THOUGHT) == ends), True
    return (len(written), False) if whole.lstrip().startswith(THINK) else (0, True)


def _render(tokenizer: Any, turns: Sequence[Message], *, prompt: bool) -> str:
    template = tokenizer.get_chat_template()
    text: str = tokenizer.apply_chat_template(
        list(turns),
        chat_template=STOPPED_CLOCK + template if CLOCK in template else template,
        tokenize=False,
        add_generation_prompt=prompt,
        enable_thinking=False,
    )
    return text


def _no_rendering(tokenizer: Any, error: Exception) -> TidelabError:
    return TidelabError(
        f"the chat template can't write these turns: {error}",
        where=str(tokenizer.name_or_path),
        mend="mend chat_template.jinja there: it must take a person's turn, and a system turn or refuse it with raise_exception()",
    )
