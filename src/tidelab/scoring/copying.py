"""Copying from the person: how much of a reply is the person's own words given back in runs (coverage, Grusky et al., NAACL 2018)."""

from __future__ import annotations

from collections.abc import Sequence

from tidelab.scoring.metric import EMPTY, Metric, Value
from tidelab.scoring.shared import Batch
from tidelab.scoring.words import words

RUN = 3
"""Words. Shorter runs are shared by any two texts about the same thing."""


def score(batch: Batch) -> dict[str, list[Value]]:
    """Share of the reply's words, 0 to 1, in runs of three and more that stand in the person's words; an empty reply is unscored."""
    persons = batch.shared.references.get(words, batch.persons)
    return {
        "copying": [_coverage(reply, person) if reply else EMPTY for reply, person in zip(batch.of_replies(words), persons, strict=True)]
    }


def _coverage(reply: Sequence[str], person: Sequence[str]) -> float:
    known = {tuple(person[i : i + RUN]) for i in range(len(person) - RUN + 1)}
    covered = [False] * len(reply)
    for i in range(len(reply) - RUN + 1):
        if tuple(reply[i : i + RUN]) in known:  # a longer shared run is one of these after the other
            covered[i : i + RUN] = [True] * RUN
    return sum(covered) / len(reply)


METRIC = Metric(
    name="copying",
    score=score,
    bounds=(0.0, 1.0),
    better="none",
    compares=False,
    signature=lambda _: (f"run:{RUN}", "case:lower", "from:person"),
)
