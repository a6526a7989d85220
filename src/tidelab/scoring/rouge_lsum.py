"""ROUGE-Lsum (Lin, 2004, 3.2): each line of the reference against all lines of the reply, equal to the package rouge-score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.rouge_l import words
from tidelab.scoring.shared import Batch

_NO_WORDS = Unscored("ROUGE's tokenizer (a-z, 0-9) finds no words in the reference")
Lines = list[list[str]]


def score(batch: Batch) -> dict[str, list[Value]]:
    """F-measure in 0..1; equal to ROUGE-L where both texts are one line. A reference without words is unscored."""
    pairs = zip(batch.of_references(_lines), batch.of_replies(_lines), strict=True)
    return {"rouge_lsum": [_f(wanted, said) if any(wanted) else _NO_WORDS for wanted, said in pairs]}


def _lines(texts: Sequence[str]) -> list[Lines]:
    return [words([line for line in text.split("\n") if line]) for text in texts]


def _f(wanted: Lines, said: Lines) -> float:
    size, hits = sum(map(len, said)), 0
    if not size:
        return 0.0
    if len(wanted) == len(said) == 1:
        from rapidfuzz.distance import LCSseq

        hits = LCSseq.similarity(wanted[0], said[0])
    else:
        free = Counter(word for line in wanted for word in line), Counter(word for line in said for word in line)
        for line in wanted:
            for place in sorted(set().union(*(_common(line, other) for other in said))):
                word = line[place]
                if free[0][word] and free[1][word]:  # as ROUGE 1.5.5 does, a word counts no more often than it stands on either side
                    hits += 1
                    free[0][word] -= 1
                    free[1][word] -= 1
    precision, recall = hits / size, hits / sum(map(len, wanted))
    return 2 * precision * recall / (precision + recall) if hits else 0.0


def _common(wanted: list[str], said: list[str]) -> list[int]:
    """Places in `wanted` of the longest common subsequence that rouge-score finds: of several, which one decides the union."""
    table = [[0] * (len(said) + 1)]
    for word in wanted:
        above, row = table[-1], [0]
        for j, other in enumerate(said):
            row.append(above[j] + 1 if word == other else max(above[j + 1], row[j]))
        table.append(row)
    i, j, places = len(wanted), len(said), []
    while i and j:
        if wanted[i - 1] == said[j - 1]:
            i, j = i - 1, j - 1
            places.append(i)
        elif table[i][j - 1] > table[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return places


METRIC = Metric(
    name="rouge_lsum",
    score=score,
    bounds=(0.0, 1.0),
    signature=lambda _: ("tok:rouge-score", "stem:porter-nltk", "sentences:lines", "f:1"),
)
