"""How much of the replies is copied from training replies: a student, nano above all, may recite instead of answering."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

GRAM = 8
"""Words. Shorter runs are the phrases of any kind reply."""


def copied(replies: Sequence[str], training: Iterable[str]) -> dict[str, float]:
    """Shares (0 to 1) over `replies`: `verbatim`, equal to a training reply; `eight_grams`, runs of eight words that stand in one.

    Case and punctuation don't count. No replies, or none with eight words, give NaN.
    """
    known = [_words(text) for text in training]
    whole = {tuple(words) for words in known}
    runs = {gram for words in known for gram in _grams(words)}
    said = [_words(text) for text in replies]
    grams = [gram for words in said for gram in _grams(words)]
    return {
        "verbatim": _share(sum(tuple(words) in whole for words in said), len(said)),
        "eight_grams": _share(sum(gram in runs for gram in grams), len(grams)),
    }


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.casefold())


def _grams(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1)]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
