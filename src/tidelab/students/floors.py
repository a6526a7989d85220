"""Floors: three baselines without understanding. A metric that does not rank a student above them says nothing about the student."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tidelab.students.similar import similar

if TYPE_CHECKING:
    from tidelab.text.encoder import Encoder

Floor = Callable[[Sequence[str]], list[str]]
"""From what people say to replies, one each."""

CONSTANT = "Thank you for telling me this; it sounds very hard, and what you feel makes sense after what you went through."


def constant(people: Sequence[str]) -> list[str]:
    """The same kind sentence for everyone."""
    return [CONSTANT for _ in people]


def echo(people: Sequence[str]) -> list[str]:
    """The person's own words, given back."""
    return list(people)


def nearest(train: Sequence[tuple[str, str]], encoder: Encoder) -> Floor:
    """The reference of the training conversation (person, chatbot) whose person's words are most similar by cosine; the first of equals."""
    find = similar(train, encoder, 1)

    def reply(people: Sequence[str]) -> list[str]:
        return [best[0][1] for best in find(people)]

    return reply
