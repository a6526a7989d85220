"""Length of a reply in words."""

from __future__ import annotations

import math

from tidelab.scoring.metric import Metric, Value
from tidelab.scoring.shared import Batch
from tidelab.scoring.words import words


def score(batch: Batch) -> dict[str, list[Value]]:
    """Words; an empty reply has 0."""
    return {"length": [float(len(reply)) for reply in batch.of_replies(words)]}


METRIC = Metric(name="length", score=score, bounds=(0.0, math.inf), better="none", compares=False, signature=lambda _: ("unit:words",))
