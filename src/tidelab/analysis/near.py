"""Do small models come near? Equivalence and non-inferiority to a reference system, never a p above .05."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.design import coded
from tidelab.analysis.differences import unpaired
from tidelab.analysis.result import Answer, Result
from tidelab.analysis.tost import tost
from tidelab.errors import TidelabError

if TYPE_CHECKING:
    import polars as pl

ASKS = "Do small models come near?"
NO_MARGIN = "with a margin of 0 nothing can be shown to be equal: state how large a difference does not matter"


@dataclass(frozen=True)
class Near:
    """One system against the reference on one factor or metric."""

    measure: str  # factor of ratings, or metric
    source: str  # of the conversations; empty for ratings
    system_id: str
    reference: str
    units: int  # participants (ratings) or personas (metrics) that tell of both
    difference: float  # system minus reference
    se: float
    df: float
    margin: float
    reason: str
    low: float = math.nan  # interval of confidence 1 - 2 x level
    high: float = math.nan
    p_non_inferior: float = math.nan
    p_equivalent: float = math.nan
    unscored: int = 0  # conversations left out because a score of one of both is missing
    verdict: str = "undecided"  # equivalent | non-inferior | inferior | undecided


def near_in_ratings(ratings: pl.DataFrame, reference: str, *, margin: float, level: float = 0.05) -> Answer:
    """Differences and their errors are those of the linear mixed model of `analysis/systems`. margin: rating points."""
    import polars as pl

    from tidelab.analysis.systems import fit_linear

    if reference not in set(ratings["system_id"]):
        known = ", ".join(sorted(set(ratings["system_id"])))
        raise TidelabError(f"no rating is of the reference {reference!r}", where="--reference", mend=f"name one of {known}")
    rows = []
    for factor in ratings["factor"].unique(maintain_order=True):
        c = coded(ratings.filter(pl.col("factor") == factor))
        if reference not in c.systems or len(c.systems) < 2:
            continue
        linear, notes = fit_linear(c)
        at = c.systems.index(reference)
        people = c.by_participant()
        for k, system in enumerate(c.systems):
            if k == at:
                continue
            test = linear.test(np.concatenate([[0.0], c.contrast(k, at)]))
            both = int((~np.isnan(people[:, [k, at]])).all(axis=1).sum())
            reason = "; ".join(w for w in (test.reason, *notes) if w)
            row = Near(str(factor), "", system, reference, both, test.estimate, test.se, test.df2, margin, reason)
            rows.append(_near(row, level))
    return _answer(rows, {"margin": margin, "level": level, "model": "linear mixed model", "unit": "participant"})


def near_in_scores(
    scores: pl.DataFrame, conversations: pl.DataFrame, reference: str, systems: Sequence[str], *, margin: float, level: float = 0.05
) -> Answer:
    """Paired by conversation, tested over personas by t. margin: share of the reference's mean, since metrics differ in unit.

    scores: records.Score rows; conversations: conversation_id, persona_id, source.
    """
    import polars as pl

    known = scores.join(conversations.select("conversation_id", "persona_id", "source"), on="conversation_id")
    known = known.with_columns(pl.col("value").fill_nan(None))
    keys = ["source", "metric", "conversation_id", "persona_id"]
    of_reference = known.filter(pl.col("system_id") == reference).select(*keys, other="value")
    rows = []
    for system in systems:
        lost = unpaired(scores, conversations, reference, system)
        pairs = known.filter(pl.col("system_id") == system).select(*keys, mine="value").join(of_reference, on=keys).drop_nulls()
        by_persona = pairs.group_by("source", "metric", "persona_id").agg(
            d=(pl.col("mine") - pl.col("other")).mean(), r=pl.col("other").mean()
        )
        for (source, metric), group in sorted(by_persona.group_by("source", "metric")):
            d, n = group.sort("persona_id")["d"].to_numpy(), group.height
            reason = "" if n > 1 else "one persona: nothing to test over"
            se = float(d.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
            size = margin * abs(float(group["r"].to_numpy().mean()))
            row = Near(str(metric), str(source), system, reference, n, float(d.mean()), se, n - 1.0, size, reason)
            missing = lost.filter(pl.col("source") == source, pl.col("metric") == metric).height
            row = replace(row, unscored=missing)
            rows.append(_near(row, level))
    return _answer(rows, {"margin": f"{margin:g} of the reference's mean", "level": level, "model": "paired t", "unit": "persona"})


def _near(row: Near, level: float) -> Near:
    """The row with its interval, p-values and verdict; the reason where no margin leaves anything to be equivalent within."""
    if not row.margin > 0:
        return replace(row, reason="; ".join(w for w in (row.reason, NO_MARGIN) if w))
    found = tost(row.difference, row.se, row.df, row.margin, level)
    return replace(row, low=found.low, high=found.high, p_non_inferior=found.p_lower, p_equivalent=found.p, verdict=found.verdict)


def _answer(rows: list[Near], settings: dict[str, object]) -> Answer:
    said = tuple(_say(row) for row in rows) or ("Nothing but the reference was rated or scored: there is nothing to hold against it.",)
    return Answer("near", ASKS, {"near": Result(Near, tuple(rows), settings)}, said)


def _say(row: Near) -> str:
    what = f"{row.measure}{f' ({row.source})' if row.source else ''}: {row.system_id} against {row.reference}: "
    if math.isnan(row.difference) or math.isnan(row.low):
        return f"{what}can't be said ({row.reason})."
    units = "personas" if row.source else "participants"
    found = {
        "equivalent": f"equivalent within {row.margin:.3g}",
        "non-inferior": f"not worse by {row.margin:.3g} or more",
        "inferior": f"worse by more than {row.margin:.3g}",
        "undecided": f"undecided: the interval reaches past the margin of {row.margin:.3g}; more {units} would decide",
    }[row.verdict]
    left = f" {row.unscored} conversations without a score are left out." if row.unscored else ""
    return f"{what}{row.difference:+.3g} ({row.low:+.3g} to {row.high:+.3g}): {found}.{left}"
