"""shown: the exact tokens of one training row and of one prompt, so that a person can see what is learnt and what is not."""

from __future__ import annotations

from typing import Any, NamedTuple

from tidelab.engines.chat_format import end_ids, prompt_ids
from tidelab.students.labels import IGNORED, Example, tokenize
from tidelab.students.messages import ask


class Token(NamedTuple):
    """One token; `learnt` where it has a label."""

    id: int
    text: str
    learnt: bool


class Shown(NamedTuple):
    """A training row, the prompt of the same conversation, and the tokens at which a reply is over."""

    row: list[Token]
    prompt: list[Token]
    ends: list[str]


def shown(tokenizer: Any, example: Example) -> Shown:
    """As teaching and answering make them. Raises TidelabError where the template can't write the turns."""
    [row] = tokenize(tokenizer, [example], max_length=10**9).rows
    learnt = [label != IGNORED for label in row["labels"]]
    prompt = prompt_ids(tokenizer, ask(example.person))
    return Shown(
        [Token(*token) for token in zip(row["input_ids"], _texts(tokenizer, row["input_ids"]), learnt, strict=True)],
        [Token(*token, False) for token in zip(prompt, _texts(tokenizer, prompt), strict=True)],
        list(tokenizer.convert_ids_to_tokens(end_ids(tokenizer))),
    )


def _texts(tokenizer: Any, ids: list[int]) -> list[str]:
    return [tokenizer.decode([token], skip_special_tokens=False, clean_up_tokenization_spaces=False) for token in ids]
