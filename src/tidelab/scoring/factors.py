"""The three factors offline: the level, 0 to 2, of each as the act tagger expects it, and their sum."""

from __future__ import annotations

from tidelab.scoring.metric import EMPTY, Metric, Value
from tidelab.scoring.shared import Batch, Shared
from tidelab.scoring.tagged import tagged

PARTS = ("emotion_recognition", "distress_normalization", "supportive_reflection", "factors")


def score(batch: Batch) -> dict[str, list[Value]]:
    """Levels of each factor, and `factors`, the sum of the three divided by three; an empty reply is unscored."""
    rows: list[list[Value]] = []
    for reply in tagged(batch):
        levels = reply.levels
        rows.append([*levels, sum(levels) / 3] if reply.sentences else [EMPTY] * 4)
    return {part: [row[i] for row in rows] for i, part in enumerate(PARTS)}


def signature(_: Shared) -> tuple[str, ...]:
    """The tagger's version and the encoder that it was learnt with."""
    return ("tagger:tidelab-1", "enc:all-MiniLM-L6-v2", "levels:expected")


METRIC = Metric(name="factors", parts=PARTS, score=score, bounds=(0.0, 2.0), compares=False, signature=signature)
