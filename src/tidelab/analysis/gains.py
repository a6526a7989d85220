"""What did fine-tuning gain? Zero-shot to fine-tuned, paired by conversation, tested over personas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tidelab.analysis.result import Answer, Result
from tidelab.analysis.words import ends, p_words, signed

if TYPE_CHECKING:
    import polars as pl

    from tidelab.analysis.bootstrap import Floats
    from tidelab.analysis.gains_over_students import Overall

ASKS = "What does fine-tuning gain?"


@dataclass(frozen=True)
class Gain:
    """One student on one metric and source: fine-tuned minus zero-shot."""

    source: str
    student: str
    metric: str
    n: int  # conversations scored under both conditions
    personas: int
    unscored: int  # conversations with a value missing under one condition or both
    zero_shot: float  # mean over the n
    fine_tuned: float
    difference: float
    low: float
    high: float
    p: float  # sign-flip test over the personas' mean differences, two-sided
    p_method: str
    p_holm: float  # within the family: this source and metric, all students
    family: int  # tests in the family
    p_wilcoxon: float
    d_z: float
    rank_biserial: float
    reason: str  # why anything above is NaN


def gains(
    scores: pl.DataFrame,
    conversations: pl.DataFrame,
    students: Sequence[str],
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> Result[Gain]:
    """One row for each source, metric and student that has scores as `student@zero-shot` and as `student@fine-tuned`.

    scores: records.Score rows; conversations: conversation_id, persona_id, source.
    """
    import polars as pl

    from tidelab.analysis.holm import holm

    known = scores.join(conversations.select("conversation_id", "persona_id", "source"), on="conversation_id", maintain_order="left")
    known = known.with_columns(pl.col("value").fill_nan(None))
    keys = ["source", "metric", "conversation_id", "persona_id"]
    rows: list[Gain] = []
    metrics = scores["metric"].unique(maintain_order=True).to_list()
    pairs = {}
    for student in students:
        before = known.filter(pl.col("system_id") == f"{student}@zero-shot").select(*keys, before="value")
        after = known.filter(pl.col("system_id") == f"{student}@fine-tuned").select(*keys, after="value")
        pairs[student] = before.join(after, on=keys).sort("conversation_id")
    for source in sorted(known["source"].unique()):
        for metric in metrics:
            family = []
            for student in students:
                pair = pairs[student].filter(pl.col("source") == source, pl.col("metric") == metric)
                if len(pair):
                    family.append(_gain(pair, source, student, metric, resamples, confidence, seed))
            adjusted = holm([g.p for g in family])
            size = sum(p == p for p in adjusted)
            rows += [replace(g, p_holm=p, family=size) for g, p in zip(family, adjusted, strict=True)]
    return Result(Gain, tuple(rows), {"resamples": resamples, "confidence": confidence, "seed": seed, "interval": "BCa over personas"})


def _gain(pair: pl.DataFrame, source: str, student: str, metric: str, resamples: int, confidence: float, seed: int) -> Gain:
    import math

    import numpy as np
    import polars as pl

    from tidelab.analysis.bootstrap import intervals
    from tidelab.analysis.effects import rank_biserial, standardized
    from tidelab.analysis.sign_flip import sign_flip
    from tidelab.analysis.wilcoxon import wilcoxon

    both = pair.drop_nulls(["before", "after"]).with_columns(difference=pl.col("after") - pl.col("before"))
    personas = both.select("persona_id").unique().sort("persona_id").with_row_index("cluster")
    both = both.join(personas, on="persona_id", maintain_order="left")
    missing = len(pair) - len(both)
    nan = math.nan
    if not len(both):
        reason = "no conversation is scored under both conditions"
        return Gain(source, student, metric, 0, 0, missing, nan, nan, nan, nan, nan, nan, "", nan, 0, nan, nan, nan, reason)
    clusters = both["cluster"].to_numpy().astype(np.int64)
    label = f"{seed} {source} {student} {metric}"
    values = both["difference"].to_numpy().reshape(-1, 1)
    interval = intervals(values, clusters, resamples=resamples, confidence=confidence, seed=f"gains {label}")[0]

    differences: Floats = np.bincount(clusters, weights=values[:, 0]) / np.bincount(clusters)
    differences[np.abs(differences) < 1e-12] = 0.0  # rounding of equal scores is no difference
    flip = sign_flip(differences, flips=resamples, seed=f"flips {label}")
    p_wilcoxon, no_wilcoxon = wilcoxon(differences)
    d_z, no_d = standardized(differences)
    biserial, no_biserial = rank_biserial(differences)
    reasons = {"interval": interval.reason, "p": flip.reason, "Wilcoxon": no_wilcoxon, "d_z": no_d, "rank-biserial": no_biserial}
    return Gain(
        source=source,
        student=student,
        metric=metric,
        n=interval.rows,
        personas=interval.clusters,
        unscored=missing,
        zero_shot=float(both["before"].to_numpy().mean()),
        fine_tuned=float(both["after"].to_numpy().mean()),
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        p=flip.p,
        p_method=flip.method,
        p_holm=nan,
        family=0,
        p_wilcoxon=p_wilcoxon,
        d_z=d_z,
        rank_biserial=biserial,
        reason="; ".join(f"{what}: {why}" for what, why in reasons.items() if why),
    )


def answer(found: Result[Gain], over: Result[Overall]) -> Answer:
    """The gains of each student and over all students, with a sentence for each source and metric."""
    overall = {(o.source, o.metric): o for o in over.rows}
    families: dict[tuple[str, str], list[Gain]] = {}
    for gain in found.rows:
        families.setdefault((gain.source, gain.metric), []).append(gain)
    said = [_say(source, metric, rows, overall.get((source, metric))) for (source, metric), rows in families.items()]
    return Answer("gains", ASKS, {"gains": found, "over_students": over}, tuple(said))


def _say(source: str, metric: str, rows: list[Gain], overall: Overall | None) -> str:
    what = f"{metric} ({source}): "
    known = sorted((g for g in rows if g.difference == g.difference), key=lambda g: g.difference)
    if not known:
        return f"{what}nothing to compare: {rows[0].reason}."
    rose, tested = sum(g.difference > 0 for g in known), [g for g in known if g.p_holm == g.p_holm]
    up, down = (sum(g.p_holm < 0.05 and (g.difference > 0) == rising for g in tested) for rising in (True, False))
    span = signed(known[-1].difference) if len(known) == 1 else f"{signed(known[0].difference)} to {signed(known[-1].difference)}"
    told = f"{what}the mean rose for {rose} of {len(known)} student{'s' * (len(known) > 1)} ({span}); "
    told += f"after Holm's correction {up} gained and {down} lost at p < .05." if tested else "too few personas for a test."
    if overall is None or len(known) < 2:
        return told
    if overall.low != overall.low:
        return f"{told} Over students: {overall.reason}."
    mean = f"{signed(overall.gain)} ({ends(overall.low, overall.high)}), {p_words(overall.p)}"
    return f"{told} Over students, as a sample of students like these: {mean}."
