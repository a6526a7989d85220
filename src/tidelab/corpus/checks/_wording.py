"""What checks share when they read a text. Nothing here or in a check may take more than linear time: texts of any size come."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import yaml

from tidelab.records import Conversation

_LOOK_BACK = 200  # characters: a clause is shorter, and a text of many findings stays cheap
_CLAUSE_END = re.compile(r"[.,;:!?…\n—–]")
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
"""A word of letters, apostrophes within it; only over texts out of `plain`."""

TEXTS = {"person": "the person's text", "chatbot": "the reply"}
"""The two fields of a conversation, as messages name them."""


def plain(text: str) -> str:
    """The text with straight apostrophes, character for character, so that places in it stay true."""
    return text.replace("’", "'").replace("‘", "'")


def texts(conversations: Sequence[Conversation]) -> Iterator[tuple[Conversation, str, str]]:
    """(conversation, field, plain text) of both texts of each conversation."""
    for c in conversations:
        yield c, "person", plain(c.person)
        yield c, "chatbot", plain(c.chatbot)


def clause_before(text: str, at: int) -> str:
    """What stands between the last mark of punctuation and a place, at most 200 characters of it."""
    return _CLAUSE_END.split(text[max(0, at - _LOOK_BACK) : at])[-1]


def number(word: str) -> float | None:
    """`72`, `7.5`, `seven`, `seventy-two` as a number; None for anything else."""
    word = word.lower().strip()
    if re.fullmatch(r"\d{1,3}(?:\.\d)?", word):
        return float(word)
    tens, _, ones = word.replace(" ", "-").partition("-")
    if not ones:
        return _NUMBERS.get(tens)
    ten, one = _NUMBERS.get(tens, 0.0), _NUMBERS.get(ones, 0.0)
    return ten + one if ten >= 20 and 1 <= one <= 9 else None


_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS = {word: float(value) for value, word in enumerate(_SMALL.split())}
_NUMBERS |= {word: 10.0 * tens for tens, word in enumerate(_TENS.split(), 2)}
_ONES = "|".join(_SMALL.split()[1:10])
NUMBER = rf"\d{{1,3}}(?:\.\d)?|(?:{_TENS.replace(' ', '|')})(?:[- ](?:{_ONES}))?|{'|'.join(_SMALL.split()[1:])}"
"""A pattern for what `number` reads."""


@functools.cache
def _lists() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((resources.files(__package__) / "words.yaml").read_text(encoding="utf-8"))
    return read


def words(check: str) -> Any:
    """A check's word lists out of `words.yaml`."""
    return _lists()[check]


def pattern(check: str, name: str) -> str:
    """A word list of patterns parted by ` | ` as one regular expression without brackets around it."""
    alternatives: str = words(check)[name]
    return "|".join(part.strip() for part in alternatives.split(" | "))
