"""distinct-1 and distinct-3 (Li et al., NAACL 2016), beside distinct-2: how many of a reply's words and word triples differ."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Whole
from tidelab.scoring.words import runs, words

PARTS = {"distinct_1": 1, "distinct_3": 3}


def score(batch: Batch) -> dict[str, list[Value]]:
    """Distinct n-grams / n-grams in one reply, over 0 to 1; unscored under n words."""
    replies = batch.of_replies(words)
    return {part: [_value(reply, n) for reply in replies] for part, n in PARTS.items()}


def corpus(whole: Whole) -> dict[str, float]:
    """Distinct n-grams / n-grams over all replies together. NaN without any."""
    replies = whole.gather(lambda batch: batch.of_replies(words))
    return {part: _share(gram for reply in replies for gram in runs(reply, n)) for part, n in PARTS.items()}


def _value(reply: list[str], n: int) -> Value:
    return _share(runs(reply, n)) if len(reply) >= n else Unscored(f"fewer than {n} words")


def _share(grams: Iterable[tuple[str, ...]]) -> float:
    listed = list(grams)
    return len(set(listed)) / len(listed) if listed else math.nan


METRIC = Metric(
    name="distinct_n",
    parts=tuple(PARTS),
    score=score,
    bounds=(0.0, 1.0),
    compares=False,
    signature=lambda _: ("per:reply", "case:lower"),
    corpus=corpus,
)
