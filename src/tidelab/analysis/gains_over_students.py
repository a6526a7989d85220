"""What did fine-tuning gain over all students? A mixed model of the gains, with personas and students as samples of their kinds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.differences import paired
from tidelab.analysis.result import Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Overall:
    """The mean gain over students on one metric and source."""

    source: str
    metric: str
    students: int
    personas: int
    gain: float
    low: float  # t interval, Satterthwaite's degrees of freedom: few students make it wide, as they should
    high: float
    df: float
    p: float
    sd_student: float  # how much students differ in their gain
    sd_persona: float
    reason: str


def gains_over_students(
    scores: pl.DataFrame, conversations: pl.DataFrame, students: Sequence[str], *, confidence: float = 0.95
) -> Result[Overall]:
    """Each persona's mean gain of each student is one row: gain ~ 1 + (1 | student) + (1 | persona).

    scores: records.Score rows; conversations: conversation_id, persona_id, source.
    """
    import polars as pl

    known = conversations.select("conversation_id", "persona_id", "source")
    parts = [paired(scores, known, f"{s}@zero-shot", f"{s}@fine-tuned").with_columns(student=pl.lit(s)) for s in students]
    every = pl.concat(parts) if parts else None
    if every is None or not every.height:
        return Result(Overall, (), {"confidence": confidence})
    means = every.group_by("source", "metric", "student", "persona_id").agg(pl.col("difference").mean()).sort("student", "persona_id")
    rows = [_overall(str(source), str(metric), group, confidence) for (source, metric), group in sorted(means.group_by("source", "metric"))]
    order = {m: i for i, m in enumerate(scores["metric"].unique(maintain_order=True))}
    rows.sort(key=lambda r: (r.source, order[r.metric]))
    return Result(Overall, tuple(rows), {"confidence": confidence, "model": "gain ~ 1 + (1 | student) + (1 | persona), REML"})


def _overall(source: str, metric: str, group: pl.DataFrame, confidence: float) -> Overall:
    from tidelab.mixed.lmm import lmm

    group = group.sort("student", "persona_id")
    student = np.unique(group["student"].to_numpy().astype(str), return_inverse=True)[1]
    persona = np.unique(group["persona_id"].to_numpy().astype(str), return_inverse=True)[1]
    y = group["difference"].to_numpy()
    fit = lmm(y, np.ones((len(y), 1)), ["gain"], {"student": student, "persona": persona})
    estimate, low, high = fit.interval(np.ones(1), confidence)
    test = fit.test(np.ones(1))
    gain = float(y.mean()) if math.isnan(estimate) else estimate
    reasons = [fit.reason, *fit.notes]
    return Overall(
        source,
        metric,
        int(student.max()) + 1,
        int(persona.max()) + 1,
        gain,
        low,
        high,
        test.df2,
        test.p,
        fit.deviations.get("student", math.nan),
        fit.deviations.get("persona", math.nan),
        "; ".join(r for r in reasons if r),
    )
