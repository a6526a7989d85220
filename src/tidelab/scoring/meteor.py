"""METEOR (Lavie & Agarwal, 2007), equal to nltk's `meteor_score` on the same tokens with WordNet 3.0.

Words are aligned in three stages: as they stand, by Porter stem, by synonym. As in nltk the words that the second stage leaves over
go into the third as stems.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.shared import Batch
from tidelab.scoring.stems import stem
from tidelab.scoring.synonyms import synonyms

ALPHA, BETA, GAMMA = 0.9, 3.0, 0.5  # weight of precision against recall, shape and weight of the penalty; nltk's defaults
_TOKEN = re.compile(r"\w+|[^\w\s]+")  # the pattern of nltk's wordpunct tokenizer, by Python's idea of a letter
_NO_WORDS = Unscored("the reference has no tokens")
Left = list[tuple[int, str]]  # position and word of what is not aligned yet, by position


def score(batch: Batch) -> dict[str, list[Value]]:
    """METEOR in 0..1. An empty reply matches nothing: 0. A reference without tokens can't be recalled: unscored."""
    pairs = zip(batch.of_references(tokens), batch.of_replies(tokens), strict=True)
    return {"meteor": [meteor(reference, reply) if reference else _NO_WORDS for reference, reply in pairs]}


def tokens(texts: Sequence[str]) -> list[list[str]]:
    """Runs of letters and digits, and runs of other marks, in lower case."""
    return [[token.lower() for token in _TOKEN.findall(text)] for text in texts]


def meteor(reference: list[str], reply: list[str]) -> float:
    """METEOR of one tokenized pair."""
    matches, said, wanted = _align(list(enumerate(reply)), list(enumerate(reference)), _highest)
    by_stem, said, wanted = _align([(i, stem(w)) for i, w in said], [(j, stem(w)) for j, w in wanted], _highest)
    by_synonym, _, _ = _align(said, wanted, _highest_synonym)
    matches = sorted(matches + by_stem + by_synonym)
    if not matches:
        return 0.0
    precision, recall = len(matches) / len(reply), len(matches) / len(reference)
    mean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall)
    chunks = 1 + sum(b[0] != a[0] + 1 or b[1] != a[1] + 1 for a, b in pairwise(matches))
    penalty: float = GAMMA * (chunks / len(matches)) ** BETA
    return (1 - penalty) * mean


def _align(said: Left, wanted: Left, pick: Callable[[str, dict[str, list[int]]], str | None]) -> tuple[list[tuple[int, int]], Left, Left]:
    """From the end of the reply, each word takes the last free word of the reference that `pick` allows; matches, and what is left."""
    free: dict[str, list[int]] = {}
    for j, word in wanted:
        free.setdefault(word, []).append(j)
    matches: list[tuple[int, int]] = []
    left: Left = []
    for i, word in reversed(said):
        found = pick(word, free)
        if found is None:
            left.append((i, word))
            continue
        places = free[found]
        matches.append((i, places.pop()))
        if not places:
            del free[found]
    taken = {j for _, j in matches}
    return matches, left[::-1], [(j, word) for j, word in wanted if j not in taken]


def _highest(word: str, free: dict[str, list[int]]) -> str | None:
    return word if word in free else None


def _highest_synonym(word: str, free: dict[str, list[int]]) -> str | None:
    return max(free.keys() & synonyms(word), key=lambda w: free[w][-1], default=None)


METRIC = Metric(
    name="meteor",
    score=score,
    bounds=(0.0, 1.0),
    signature=lambda _: ("tok:wordpunct", "stem:porter-nltk", "syn:wordnet-3.0", f"a:{ALPHA}", f"b:{BETA}", f"g:{GAMMA}"),
)
