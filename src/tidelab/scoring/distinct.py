"""distinct-2 (Li et al., NAACL 2016): how many of the word pairs differ, in one reply and over all replies of a system."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Whole
from tidelab.scoring.words import words

_TOO_SHORT = Unscored("fewer than two words: no pair of words")


def score(batch: Batch) -> dict[str, list[Value]]:
    """Distinct pairs of neighbouring words / pairs, in one reply, over 0 to 1; unscored under two words."""
    return {"distinct_2": [_share(pairwise(reply)) if len(reply) > 1 else _TOO_SHORT for reply in batch.of_replies(words)]}


def corpus(whole: Whole) -> dict[str, float]:
    """Distinct pairs / pairs over all replies together: low where a system says the same to everyone. NaN without any pair."""
    return {"distinct_2": _share(pair for reply in whole.gather(_words) for pair in pairwise(reply))}


def _words(batch: Batch) -> list[list[str]]:
    return batch.of_replies(words)


def _share(pairs: Iterable[tuple[str, str]]) -> float:
    listed = list(pairs)
    return len(set(listed)) / len(listed) if listed else math.nan


METRIC = Metric(
    name="distinct_2",
    score=score,
    bounds=(0.0, 1.0),
    compares=False,
    signature=lambda _: ("n:2", "per:reply", "case:lower"),
    corpus=corpus,
)
