"""What decides claims about scores of a run. What can decide nothing at all never comes here: `deciders.unreal`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from tidelab.analysis.claims import Claim, Data, Evidence, enough
from tidelab.analysis.words import p_words

if TYPE_CHECKING:
    import polars as pl

    from tidelab.analysis.by_scenario import Interaction
    from tidelab.analysis.near import Near
    from tidelab.analysis.tost import Tost


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
    """contrast: {metric, dimension}. Do gains differ between themes (emotions, risks)? Lowest p, after Holm over students and sources."""
    from tidelab.analysis.by_scenario import by_scenario
    from tidelab.analysis.holm import holm

    missing = _missing(claim, data)
    if missing:
        return Evidence(math.nan, impossible=missing)
    scores, conversations = _of_metric(claim, data)
    dimension = str(claim.contrast.get("dimension", "theme"))
    if dimension not in conversations.columns:
        return Evidence(math.nan, impossible=f"the conversations have no {dimension}")
    tests = by_scenario(scores, conversations, data.students, dimensions=[dimension]).parts["interactions"].rows
    known = [t for t in tests if not math.isnan(t.p)]
    if not known:
        return Evidence(math.nan, impossible=tests[0].reason if tests else "no student was scored both zero-shot and fine-tuned")
    best, p = min(known, key=lambda t: t.p), min(holm([t.p for t in known]))
    told = f"strongest for {best.student}: F({best.df1:.0f}, {best.df2:.0f}) = {best.f:.2f}, {p_words(p)} after Holm"
    e = Evidence(best.sd_level, p=p, units=best.personas, unit="personas", told=told)
    return replace(e, would_decide=_more_personas(best, claim.level / len(known), e))


def _more_personas(test: Interaction, level: float, e: Evidence) -> str:
    """What F has over its mean under chance, about 1, grows with personas; the number at which it reaches the critical value.

    level: of the test, Holm's share of the claim's already taken.
    """
    from scipy.stats import f

    if test.f <= 1:
        return f"no number that could be told: gains differ by no more than chance gives, over {e.units:,} {e.unit}"
    times = 1.0
    for _ in range(20):  # the critical value falls as the degrees of freedom grow
        times = max((float(f.ppf(1 - level, test.df1, test.df2 * times)) - 1) / (test.f - 1), 1.0)
    return enough(e.units * times, e)


def size_limit(claim: Claim, data: Data) -> Evidence:
    """contrast: {metric}. Share of students whose learning curve has an identified asymptote; exact lower bound over students.

    A curve that is not identified tells neither that there is a ceiling nor that there is none, so the upper end stays at all students.
    """
    missing = _missing(claim, data)
    if missing:
        return Evidence(math.nan, impossible=missing)
    import polars as pl

    metric = claim.contrast.get("metric", "cosine")
    curves = data.curves.filter(pl.col("metric") == metric) if data.curves is not None else None
    fitted = curves.filter(pl.col("exponent").is_not_nan() & pl.col("exponent").is_not_null()) if curves is not None else None
    if fitted is None or not fitted.height:
        return Evidence(math.nan, impossible="no student was taught on enough sizes of data for a learning curve")
    by_source = fitted.group_by("source").agg(found=pl.col("identified").sum(), of=pl.len()).sort("of", "found", "source", descending=True)
    found, of = (int(by_source[c][0]) for c in ("found", "of"))  # sources are never pooled: the one with most students tells
    low = _least_share(found, of, claim.level)
    told = f"{found} of {of} learning curves have an identified ceiling"
    if found < of:
        told += "; the others are not identified, which speaks for neither side"
    e = Evidence(found / of, low, 1.0, units=of, unit="students", told=told, floor=True)
    return replace(e, would_decide=_more_students(found, of, claim, e))


def _least_share(found: int, of: int, level: float) -> float:
    """Lower end of Clopper and Pearson's exact interval."""
    from scipy.stats import beta

    return float(beta.ppf(level / 2, found, of - found + 1)) if found else 0.0


def _more_students(found: int, of: int, claim: Claim, e: Evidence) -> str:
    """Curves that would have to be identified; else students, where the share that is would suffice with more of them."""
    for more in range(found + 1, of + 1):
        if _least_share(more, of, claim.level) > claim.threshold:
            return f"about {more - found} more identified curves of the {of} here: more sizes of data, or more seeds"
    for students in range(of + 1, 20 * of + 200):
        if _least_share(students, students, claim.level) > claim.threshold:
            return enough(students, e) if found == of else f"about {students - found} more identified curves, of {students} students in all"
    return "no realistic number of students"


def score_equivalence(claim: Claim, data: Data) -> Evidence:
    """contrast: {metric, reference}. The student that comes nearest to the reference, as a share of the reference's mean.

    Which one comes nearest is chosen by the scores themselves, so each of the k students (in each source) is tested at level / k
    (Bonferroni): under chance the best of six alike would be called equivalent five times too often.
    """
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
    rows = near_in_scores(scores, conversations, reference, systems, margin=margin).parts["near"].rows
    known = [r for r in rows if not math.isnan(r.low)]
    if not known:
        return Evidence(math.nan, impossible="no fine-tuned student was scored on the same conversations by two personas or more")
    narrow, wide = ([_at_level(r, level / len(known)) for r in known] for level in (claim.level, claim.level / 2))
    scales = [r.margin / margin for r in known]  # the reference's mean
    above = [r.difference / scale for r, scale in zip(known, scales, strict=True)]
    at = min(range(len(known)), key=lambda i: (narrow[i].p if claim.direction == "equivalent" else 0.0, -above[i]))
    best, value = known[at], above[at]
    low_90, high_90 = narrow[at].low / scales[at], narrow[at].high / scales[at]
    low, high = (max(getattr(w, end) / scale for w, scale in zip(wide, scales, strict=True)) for end in ("low", "high"))
    told = f"nearest: {best.system_id}, {value:+.1%} of {reference} ({low_90:+.1%} to {high_90:+.1%})"
    if len(known) > 1:
        told += f", corrected for the choice among {len(known)}"
    p = min(1.0, narrow[at].p * len(known))
    return Evidence(value, low, high, low_90, high_90, p, best.units, "personas", told)


def _at_level(row: Near, level: float) -> Tost:
    from tidelab.analysis.tost import tost

    return tost(row.difference, row.se, row.df, row.margin, level)


def _missing(claim: Claim, data: Data) -> str:
    if data.scores is None or data.conversations is None:
        return "there are no scores of a run"
    metric = claim.contrast.get("metric", "cosine")
    return "" if metric in set(data.scores["metric"]) else f"the metric {metric!r} was not scored"


def _of_metric(claim: Claim, data: Data) -> tuple[pl.DataFrame, pl.DataFrame]:
    import polars as pl

    assert data.scores is not None, "_missing says so first"
    assert data.conversations is not None
    return data.scores.filter(pl.col("metric") == claim.contrast.get("metric", "cosine")), data.conversations
