"""ROUGE-1 and ROUGE-2 (Lin, 2004): F-measure of shared stemmed words and pairs of words, equal to the package rouge-score."""

from __future__ import annotations

from collections.abc import Sequence

from tidelab.scoring.grams import Grams, Numbers, grams, matches
from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.rouge_l import words
from tidelab.scoring.shared import Batch

PARTS = ("rouge_1", "rouge_2")
_KNOWN = Numbers()
_NO_WORDS = Unscored("ROUGE's tokenizer (a-z, 0-9) finds no words in the reference")


def score(batch: Batch) -> dict[str, list[Value]]:
    """F-measures in 0..1. An empty reply shares nothing: 0. A reference without words can't be recalled: unscored."""
    references, replies = batch.of_references(_grams), batch.of_replies(_grams)
    rows: list[list[Value]] = []
    for wanted, said in zip(references, replies, strict=True):
        if not wanted.totals[0]:
            rows.append([_NO_WORDS, _NO_WORDS])
            continue
        counts = zip(matches(said, wanted), said.totals, wanted.totals, strict=True)
        rows.append([_f(hits / max(n, 1), hits / max(m, 1)) for hits, n, m in counts])
    return {part: [row[i] for row in rows] for i, part in enumerate(PARTS)}


def _f(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _grams(texts: Sequence[str]) -> list[Grams]:
    return [grams(text, 2, _KNOWN) for text in words(texts)]


METRIC = Metric(
    name="rouge_n",
    parts=PARTS,
    score=score,
    bounds=(0.0, 1.0),
    signature=lambda _: ("tok:rouge-score", "stem:porter-nltk", "f:1"),
)
