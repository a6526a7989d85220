"""What decides claims about scores of a run. Rehearsal conversations and nano students decide nothing: `Data.unreal` says so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tidelab.analysis.claims import Claim, Data, Evidence
from tidelab.analysis.words import p_words

if TYPE_CHECKING:
    import polars as pl


def gain(claim: Claim, data: Data) -> Evidence:
    """contrast: {metric}. Mean gain of fine-tuning over students; interval of the mixed model over students and personas."""
    from tidelab.analysis.gains_over_students import gains_over_students

    missing = _missing(claim, data)
    if missing:
        return Evidence(math.nan, impossible=missing)
    scores, conversations = _of_metric(claim, data)
    wide, narrow = (
        gains_over_students(scores, conversations, data.students, confidence=c).rows for c in (1 - claim.level, 1 - 2 * claim.level)
    )
    if not wide:
        return Evidence(math.nan, impossible="no student was scored both zero-shot and fine-tuned")
    g, close = max(wide, key=lambda r: r.personas), max(narrow, key=lambda r: r.personas)
    if math.isnan(g.low):
        return Evidence(math.nan, impossible=g.reason)
    told = f"{g.gain:+.3f} ({g.low:+.3f} to {g.high:+.3f}) over {g.students} students and {g.personas} personas, {p_words(g.p)}"
    return Evidence(g.gain, g.low, g.high, close.low, close.high, g.p, g.personas, "personas", told)


def gain_by_scenario(claim: Claim, data: Data) -> Evidence:
    """contrast: {metric, dimension}. Do gains differ between themes (or emotions, risks)? Lowest Holm-adjusted p of all students."""
    from tidelab.analysis.by_scenario import by_scenario

    missing = _missing(claim, data)
    if missing:
        return Evidence(math.nan, impossible=missing)
    scores, conversations = _of_metric(claim, data)
    dimension = str(claim.contrast.get("dimension", "theme"))
    if dimension not in conversations.columns:
        return Evidence(math.nan, impossible=f"the conversations have no {dimension}")
    tests = by_scenario(scores, conversations, data.students, dimensions=[dimension]).parts["interactions"].rows
    known = [t for t in tests if not math.isnan(t.p_holm)]
    if not known:
        return Evidence(math.nan, impossible=tests[0].reason if tests else "no student was scored both zero-shot and fine-tuned")
    best = min(known, key=lambda t: t.p_holm)
    told = f"strongest for {best.student}: F({best.df1:.0f}, {best.df2:.0f}) = {best.f:.2f}, {p_words(best.p_holm)} after Holm"
    return Evidence(best.sd_level, p=best.p_holm, units=best.personas, unit="personas", told=told)


def size_limit(claim: Claim, data: Data) -> Evidence:
    """contrast: {metric}. Share of students whose learning curve has an identified asymptote; all must for `greater than` near 1."""
    missing = _missing(claim, data)
    if missing:
        return Evidence(math.nan, impossible=missing)
    import polars as pl

    metric = claim.contrast.get("metric", "cosine")
    curves = data.curves.filter(pl.col("metric") == metric) if data.curves is not None else None
    fitted = curves.filter(pl.col("exponent").is_not_nan() & pl.col("exponent").is_not_null()) if curves is not None else None
    if fitted is None or not fitted.height:
        return Evidence(math.nan, impossible="no student was taught on enough sizes of data for a learning curve")
    found = int(fitted["identified"].sum())
    share = found / fitted.height
    told = f"{found} of {fitted.height} learning curves have an identified ceiling"
    return Evidence(share, share, share, units=fitted.height, unit="students", told=told)


def score_equivalence(claim: Claim, data: Data) -> Evidence:
    """contrast: {metric, reference}. The student that comes nearest to the reference, as a share of the reference's mean."""
    from tidelab.analysis.near import near_in_scores

    missing = _missing(claim, data)
    if missing:
        return Evidence(math.nan, impossible=missing)
    scores, conversations = _of_metric(claim, data)
    reference = str(claim.contrast.get("reference", "teacher@resample"))
    if reference not in set(scores["system_id"]):
        return Evidence(math.nan, impossible=f"{reference} was not scored")
    systems = [f"{s}@fine-tuned" for s in data.students]
    margin = claim.margin or 0.1
    rows, half = (
        near_in_scores(scores, conversations, reference, systems, margin=margin, level=level).parts["near"].rows
        for level in (claim.level, claim.level / 2)
    )
    known = [(r, wide) for r, wide in zip(rows, half, strict=True) if not math.isnan(r.low)]
    if not known:
        return Evidence(math.nan, impossible="no fine-tuned student was scored on the same conversations by two personas or more")
    best, wide = max(known, key=lambda pair: pair[0].difference)
    scale = best.margin / margin  # the reference's mean
    value, low, high = best.difference / scale, best.low / scale, best.high / scale
    told = f"nearest: {best.system_id}, {value:+.1%} of {reference} ({low:+.1%} to {high:+.1%})"
    return Evidence(value, wide.low / scale, wide.high / scale, low, high, best.p_equivalent, best.units, "personas", told)


def _missing(claim: Claim, data: Data) -> str:
    if data.scores is None or data.conversations is None:
        return "there are no scores of a run"
    if data.unreal:
        return data.unreal
    metric = claim.contrast.get("metric", "cosine")
    return "" if metric in set(data.scores["metric"]) else f"the metric {metric!r} was not scored"


def _of_metric(claim: Claim, data: Data) -> tuple[pl.DataFrame, pl.DataFrame]:
    import polars as pl

    assert data.scores is not None, "_missing says so first"
    assert data.conversations is not None
    return data.scores.filter(pl.col("metric") == claim.contrast.get("metric", "cosine")), data.conversations
