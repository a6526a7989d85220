"""Readability: how easy a reply is to read, by Flesch's reading ease and the Flesch-Kincaid grade."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.shared import Batch
from tidelab.text.reading_ease import WORD, grade, reading_ease

PARTS = ("reading_ease", "reading_grade")
_NO_WORDS = Unscored("empty reply: no words to read")
_NOT_LATIN = Unscored("the formulas are for English: most letters are of another script")


def score(batch: Batch) -> dict[str, list[Value]]:
    """Reading ease (206.8 at most, higher is easier) and US school grade; unscored without words or in another script."""
    ease, grades = zip(*batch.of_replies(_both), strict=True)
    return {"reading_ease": list(ease), "reading_grade": list(grades)}


def _both(texts: Sequence[str]) -> list[tuple[Value, Value]]:
    return [_one(text.replace("’", "'").replace("‘", "'")) for text in texts]


def _one(text: str) -> tuple[Value, Value]:
    letters = "".join(WORD.findall(text))
    if not letters:
        return _NO_WORDS, _NO_WORDS
    if sum(letter < "ɐ" for letter in letters) * 2 < len(letters):  # up to U+024F the letters are Latin
        return _NOT_LATIN, _NOT_LATIN
    return reading_ease(text), grade(text)


METRIC = Metric(
    name="readability",
    parts=PARTS,
    score=score,
    bounds=(-math.inf, math.inf),
    better="none",
    compares=False,
    signature=lambda _: ("lang:en", "syllables:vowel-groups"),
)
