"""BLEU (Papineni et al., 2002) as sacreBLEU computes it: sentence BLEU for a reply, corpus BLEU for all replies of a system."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from tidelab.scoring.grams import Grams, Numbers, grams, matches, most
from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Whole

ORDERS = 4
_KNOWN = Numbers()
_NO_WORDS = Unscored("the reference has no tokens")
_MARKS = (
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
"""mteval-v13a's rules, which part words from marks as BLEU counts them."""
_WRITTEN = (("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


def score(batch: Batch) -> dict[str, list[Value]]:
    """Sentence BLEU in 0..100, effective order, exponential smoothing. An empty reply shares nothing: 0."""
    return {"bleu": [_bleu(row, effective=True) if row[1] else _NO_WORDS for row in statistics(batch)]}


def corpus(whole: Whole) -> dict[str, float]:
    """Corpus BLEU: the statistics of all replies summed first. NaN without any reference of words."""
    rows = [row for row in whole.gather(statistics) if row[1]]
    return {"bleu": _bleu([sum(column) for column in zip(*rows, strict=True)], effective=False) if rows else math.nan}


def statistics(batch: Batch) -> list[list[int]]:
    """Per row: reply's tokens, those of the reference nearest in length, then for n = 1 to 4 matched and all n-grams of the reply."""
    replies = batch.of_replies(_grams)
    first = batch.of_references(_grams)
    every = [[g, *_grams(more)] for g, more in zip(first, batch.further, strict=True)] if batch.further else [[g] for g in first]
    rows = []
    for said, references in zip(replies, every, strict=True):
        size = len(said.numbers)
        nearest = min((len(r.numbers) for r in references), key=lambda n: (abs(n - size), n))
        rows.append([size, nearest, *matches(said, most(references)), *said.totals])
    return rows


def tokens(text: str) -> list[str]:
    """The tokens of sacreBLEU's tokenizer 13a."""
    text = text.rstrip()
    for old, new in _WRITTEN:
        text = text.replace(old, new)
    text = f" {text} "
    for pattern, spaced in _MARKS:
        text = pattern.sub(spaced, text)
    return text.split()


def _grams(texts: Sequence[str]) -> list[Grams]:
    return [grams(tokens(text), ORDERS, _KNOWN) for text in texts]


def _bleu(row: Sequence[int], *, effective: bool) -> float:
    said, wanted, matched, totals = row[0], row[1], row[2 : 2 + ORDERS], row[2 + ORDERS :]
    if not any(matched):
        return 0.0
    brevity = 1.0 if said >= wanted else math.exp(1 - wanted / said)
    logs, halving = [], 1.0
    for hits, total in zip(matched, totals, strict=True):
        if total == 0:
            break
        if hits == 0:
            halving *= 2
        logs.append(math.log(100.0 * hits / total if hits else 100.0 / (halving * total)))
    if len(logs) < ORDERS and not effective:
        return 0.0
    return brevity * math.exp(sum(logs) / len(logs))


METRIC = Metric(
    name="bleu",
    score=score,
    bounds=(0.0, 100.0),
    several="own",
    signature=lambda _: ("case:mixed", "eff:yes", "tok:13a", "smooth:exp", "as:sacrebleu-2.6"),
    corpus=corpus,
)
