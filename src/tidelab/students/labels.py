"""Training rows: the prompt as the student will meet it, then the reply and the turn's end; only what is to be learnt has a label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tidelab.engines.chat_format import prompt_ids, turn_end
from tidelab.students.messages import ask

IGNORED = -100


class Example(NamedTuple):
    """What the person says and what is to be replied."""

    person: str
    chatbot: str
    name: str = ""
    """Its conversation_id, for whoever must be told of it."""


class Rows(NamedTuple):
    """Tokenized examples; `too_long` of them were left out because a reply that is cut never learns to end."""

    rows: list[dict[str, list[int]]]
    too_long: int
    names: list[str]
    """One for each row."""


def tokenize(tokenizer: Any, examples: Sequence[Example], max_length: int) -> Rows:
    """Rows of `input_ids` and `labels`. The prompt's tokens are those of replying, token for token; the end is the template's own.

    Only the reply and the turn's end have labels.
    """
    end = turn_end(tokenizer)
    rows, names = [], []
    for example in examples:
        prompt = prompt_ids(tokenizer, ask(example.person))
        reply = tokenizer(example.chatbot.strip(), add_special_tokens=False)["input_ids"] + [end]
        ids = prompt + reply
        if len(ids) <= max_length:
            rows.append({"input_ids": ids, "labels": [IGNORED] * len(prompt) + reply})
            names.append(example.name)
    return Rows(rows, len(examples) - len(rows), names)


def prove(rows: Sequence[dict[str, list[int]]], end: int) -> None:
    """Raises ValueError unless every row, as the trainer will see it, has a label and its last label is the turn's end."""
    for number, row in enumerate(rows):
        learnt = [label for label in row["labels"] if label != IGNORED]
        if len(learnt) < 2 or learnt[-1] != end or row["labels"][-1] != end:
            raise ValueError(f"training row {number} does not end in the turn's end token {end}: labels {learnt[-5:]}")
        if any(label not in (IGNORED, token) for label, token in zip(row["labels"], row["input_ids"], strict=True)):
            raise ValueError(f"training row {number} has labels that are not its tokens")
