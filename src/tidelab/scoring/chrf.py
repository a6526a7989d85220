"""chrF (Popović, 2015) as sacreBLEU computes it: F-score, recall twice as heavy, of runs of one to six characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tidelab.scoring.grams import Grams, Numbers, grams, matches
from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Whole

ORDERS = 6
_BETA = 4  # recall counts twice: the square of 2
_KNOWN = Numbers()
_NO_CHARACTERS = Unscored("the reference has no characters")
Row = tuple[list[int], list[int], list[int]]  # n-grams of the reply, of the reference, of both; for n = 1 to 6


def score(batch: Batch) -> dict[str, list[Value]]:
    """chrF in 0..100. An empty reply shares nothing: 0."""
    return {"chrf": [_f(*row) if row[1][0] else _NO_CHARACTERS for row in statistics(batch)]}


def corpus(whole: Whole) -> dict[str, float]:
    """chrF of the statistics of all replies together. NaN without any reference of characters."""
    rows = [row for row in whole.gather(statistics) if row[1][0]]
    if not rows:
        return {"chrf": math.nan}
    said, wanted, both = ([sum(column) for column in zip(*(row[part] for row in rows), strict=True)] for part in range(3))
    return {"chrf": _f(said, wanted, both)}


def statistics(batch: Batch) -> list[Row]:
    """Per row the counts against its reference, with several against the one that gives the best F-score."""
    replies = batch.of_replies(_grams)
    first = batch.of_references(_grams)
    every = [[g, *_grams(more)] for g, more in zip(first, batch.further, strict=True)] if batch.further else [[g] for g in first]
    return [max((_row(said, r) for r in references), key=lambda row: _f(*row)) for said, references in zip(replies, every, strict=True)]


def _row(said: Grams, wanted: Grams) -> Row:
    # as in sacreBLEU, where the reference has no n-gram of an order, the reply's don't count either
    return [n if m else 0 for n, m in zip(said.totals, wanted.totals, strict=True)], wanted.totals, matches(said, wanted)


def _grams(texts: Sequence[str]) -> list[Grams]:
    return [grams("".join(text.split()), ORDERS, _KNOWN) for text in texts]


def _f(said: Sequence[int], wanted: Sequence[int], both: Sequence[int]) -> float:
    orders = [(hits / n, hits / m) for n, m, hits in zip(said, wanted, both, strict=True) if n and m]
    if not orders:
        return 0.0
    precision = sum(p for p, _ in orders) / len(orders)
    recall = sum(r for _, r in orders) / len(orders)
    if not precision + recall:
        return 0.0
    return 100 * (1 + _BETA) * precision * recall / (_BETA * precision + recall)


METRIC = Metric(
    name="chrf",
    score=score,
    bounds=(0.0, 100.0),
    several="own",
    signature=lambda _: ("case:mixed", "eff:yes", "nc:6", "nw:0", "space:no", "as:sacrebleu-2.6"),
    corpus=corpus,
)
