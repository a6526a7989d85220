"""ROUGE-L (Lin, 2004): F-measure of the longest common subsequence of stemmed words, equal to the package rouge-score."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.shared import Batch
from tidelab.scoring.stems import stem

_WORD = re.compile(r"[a-z0-9]+")
_NO_WORDS = Unscored("ROUGE's tokenizer (a-z, 0-9) finds no words in the reference")


def score(batch: Batch) -> dict[str, list[Value]]:
    """F-measure in 0..1. An empty reply shares nothing: 0. A reference without words can't be recalled: unscored."""
    from rapidfuzz.distance import LCSseq

    references, replies = batch.of_references(words), batch.of_replies(words)
    values: list[Value] = []
    for reference, reply in zip(references, replies, strict=True):
        if not reference:
            values.append(_NO_WORDS)
            continue
        common = LCSseq.similarity(reference, reply)  # compares 64-bit hashes of the words, bit-parallel
        if not common:
            values.append(0.0)
            continue
        precision, recall = common / len(reply), common / len(reference)
        values.append(2 * precision * recall / (precision + recall))
    return {"rouge_l": values}


def words(texts: Sequence[str]) -> list[list[str]]:
    """rouge-score's default tokens: runs of a-z and 0-9 in lower case, those over three characters stemmed."""
    return [[w if len(w) <= 3 else stem(w) for w in _WORD.findall(text.lower())] for text in texts]


METRIC = Metric(name="rouge_l", score=score, bounds=(0.0, 1.0), signature=lambda _: ("tok:rouge-score", "stem:porter-nltk", "f:1"))
