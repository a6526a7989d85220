"""Words as people count them, for length and distinctness."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_GAP = re.compile(r"[\s\u2013\u2014]+")  # white space and dashes that stand between words


def words(texts: Sequence[str]) -> list[list[str]]:
    """Pieces between white space or dashes that hold a letter or digit, in lower case, without the punctuation around them."""
    return [[word for piece in _GAP.split(text.lower()) if (word := _bare(piece))] for text in texts]


def _bare(piece: str) -> str:
    start, end = 0, len(piece)
    while start < end and not piece[start].isalnum():
        start += 1
    while end > start and not (piece[end - 1].isalnum()):
        end -= 1
    return piece[start:end]


def runs(listed: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
    """Every run of n neighbouring words."""
    return (tuple(listed[i : i + n]) for i in range(len(listed) - n + 1))
