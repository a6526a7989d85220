"""Self-repetition: runs of four words that a reply says again, and that a system says to more than one person.

Within a reply as seq-rep-4 (Welleck et al., ICLR 2020); over replies after Salkar et al. (AACL 2022).
"""

from __future__ import annotations

import math
from collections import Counter

from tidelab.scoring.metric import Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Whole
from tidelab.scoring.words import runs, words

RUN = 4
_TOO_SHORT = Unscored(f"fewer than {RUN} words: no run of words")


def score(batch: Batch) -> dict[str, list[Value]]:
    """1 - distinct runs / runs of four words in one reply, 0 to 1; unscored under four words."""
    values: list[Value] = []
    for reply in batch.of_replies(words):
        every = list(runs(reply, RUN))
        values.append(1 - len(set(every)) / len(every) if every else _TOO_SHORT)
    return {"self_repetition": values}


def corpus(whole: Whole) -> dict[str, float]:
    """Share of the runs of four words, over all replies, that stand in another reply as well. NaN without any run."""
    replies = [list(runs(reply, RUN)) for reply in whole.gather(lambda batch: batch.of_replies(words))]
    told = Counter(run for reply in replies for run in set(reply))
    total = sum(map(len, replies))
    return {"self_repetition": sum(told[run] > 1 for reply in replies for run in reply) / total if total else math.nan}


METRIC = Metric(
    name="self_repetition",
    score=score,
    bounds=(0.0, 1.0),
    better="lower",
    compares=False,
    signature=lambda _: (f"n:{RUN}", "per:reply", "case:lower"),
    corpus=corpus,
)
