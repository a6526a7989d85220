"""How much of the gap between zero-shot and the attainable top did fine-tuning close?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.bootstrap import FEWEST, generator, resampled
from tidelab.analysis.differences import paired
from tidelab.analysis.result import Answer, Result
from tidelab.analysis.words import ends, signed

if TYPE_CHECKING:
    import polars as pl

TOP = "teacher@resample"
ASKS = "How much of the gap to the attainable top did fine-tuning close?"
NO_TOP = f"Not asked: {TOP} has no replies here, so there is no attainable top (`corpus.resample`)."


@dataclass(frozen=True)
class Closed:
    """Share of one student's gap on one metric and source: (fine-tuned - zero-shot) / (top - zero-shot)."""

    source: str
    student: str
    metric: str
    top: str  # the system taken as attainable top
    n: int  # conversations scored under all three
    personas: int
    gap: float  # top minus zero-shot
    gap_low: float
    gap_high: float
    share: float  # NaN where the gap's own interval holds 0
    low: float
    high: float
    reason: str


def gap_closed(
    scores: pl.DataFrame,
    conversations: pl.DataFrame,
    students: Sequence[str],
    *,
    top: str = TOP,
    resamples: int,
    confidence: float,
    seed: int,
) -> Result[Closed]:
    """Percentile intervals of a bootstrap over personas. scores, conversations: as for `gains`. No rows where `top` has no scores."""
    import polars as pl

    rows = []
    known = conversations.select("conversation_id", "persona_id", "source")
    for student in students:
        gained = paired(scores, known, f"{student}@zero-shot", f"{student}@fine-tuned")
        reach = paired(scores, known, f"{student}@zero-shot", top).select("conversation_id", "metric", gap="difference")
        both = gained.join(reach, on=["conversation_id", "metric"])
        for source in sorted(both["source"].unique()):
            for metric in scores["metric"].unique(maintain_order=True):
                here = both.filter(pl.col("source") == source, pl.col("metric") == metric).sort("conversation_id")
                if here.height:
                    label = f"gap {seed} {source} {student} {metric}"
                    rows.append(_closed(here, str(source), student, str(metric), top, resamples, confidence, label))
    return Result(Closed, tuple(rows), {"top": top, "resamples": resamples, "confidence": confidence, "seed": seed})


def _closed(here: pl.DataFrame, source: str, student: str, metric: str, top: str, resamples: int, confidence: float, label: str) -> Closed:
    nan = math.nan
    persona = np.unique(here["persona_id"].to_numpy().astype(str), return_inverse=True)[1]
    size = int(persona.max()) + 1
    sums = np.stack(
        [np.bincount(persona, here[c].to_numpy(), size) for c in ("difference", "gap")] + [np.bincount(persona, minlength=size)], axis=1
    )
    gain, gap, n = sums.sum(axis=0)
    if size < FEWEST:
        return Closed(source, student, metric, top, int(n), size, gap / n, nan, nan, nan, nan, nan, f"fewer than {FEWEST} personas")
    gains, gaps, counts = resampled(sums.astype(np.float64), resamples, generator(label))
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    low, high = (float(q) for q in np.quantile(gaps / counts, tails))
    if low <= 0 <= high:
        reason = "the gap's own interval holds 0: a share of it means nothing"
        return Closed(source, student, metric, top, int(n), size, gap / n, low, high, nan, nan, nan, reason)
    share = np.quantile(gains / gaps, tails)
    return Closed(source, student, metric, top, int(n), size, gap / n, low, high, gain / gap, float(share[0]), float(share[1]), "")


def answer(found: Result[Closed]) -> Answer:
    """The shares with a sentence for each; where there is no attainable top, that."""
    return Answer("gap_closed", ASKS, {"gap_closed": found}, tuple(map(_say, found.rows)) or (NO_TOP,))


def _say(c: Closed) -> str:
    what = f"{c.student}, {c.metric} ({c.source}): "
    if math.isnan(c.share):
        gap = "" if math.isnan(c.gap_low) else f" (gap {signed(c.gap)}, {ends(c.gap_low, c.gap_high)})"
        return f"{what}undefined: {c.reason}{gap}."
    return f"{what}{c.share:.0%} of the gap of {signed(c.gap)} was closed ({c.low:.0%} to {c.high:.0%})."
