"""Do people agree? Krippendorff's alpha, weighted kappa and the intraclass correlations, for each factor and all together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.bootstrap import Floats
from tidelab.analysis.design import Coded, coded
from tidelab.analysis.result import Answer, Result
from tidelab.mixed.crossed import Codes

if TYPE_CHECKING:
    import polars as pl

ASKS = "Do people agree?"
POOLED = "all factors"
CONVENTION = (
    "categories are the scale's whole points from lowest to highest, used or not; kappa's weights are 1 - d with d the distance of two "
    "categories over the longest distance (linear) or its square (quadratic); raters are interchangeable"
)
INTERVAL = "95%, over replies; a reply is drawn with its ratings on every factor"
SEVERAL = "a reply counts once for each factor here: no interval takes that for what it is"
ABSOLUTE, CONSISTENT = ("ICC(2,1)", "ICC(A,1)"), ("ICC(3,1)", "ICC(C,1)")


@dataclass(frozen=True)
class Agreed:
    """One coefficient on one factor. Negative values (less agreement than chance) are reported as they are."""

    factor: str
    coefficient: str  # alpha_ordinal | kappa_linear | kappa_quadratic | ICC(...) by Shrout and Fleiss
    also_called: str  # McGraw and Wong's name
    value: float
    low: float
    high: float
    items: int  # replies with two ratings or more on one factor
    raters: int
    ratings: int
    reason: str


def people_agree(ratings: pl.DataFrame, *, scale: tuple[int, int] = (1, 5), resamples: int = 10_000, seed: int = 7) -> Answer:
    """ratings: usable rows of `analysis/ratings`. What is rated is a reply: one conversation answered by one system."""
    import polars as pl

    rows: list[Agreed] = []
    factors = [str(f) for f in ratings["factor"].unique(maintain_order=True)]
    for factor in factors:
        rows += _agreed(factor, ratings.filter(pl.col("factor") == factor), scale, resamples, seed)
    if len(factors) > 1:
        # a factor's rating is compared with the same factor's ratings only
        reply = pl.concat_str("conversation_id", "system_id", separator=" | ")
        whole = ratings.with_columns(reply=reply, conversation_id=pl.col("conversation_id") + " | " + pl.col("factor"))
        rows += _agreed(POOLED, whole, scale, resamples, seed)
    settings = {"resamples": resamples, "seed": seed, "scale": list(scale), "convention": CONVENTION, "interval": INTERVAL}
    return Answer(
        "people_agree",
        ASKS,
        {"agreement": Result(Agreed, tuple(rows), settings)},
        tuple(_say(rows, f) for f in dict.fromkeys(r.factor for r in rows)),
    )


def _agreed(factor: str, ratings: pl.DataFrame, scale: tuple[int, int], resamples: int, seed: int) -> list[Agreed]:
    from tidelab.agreement import of_items

    c = coded(ratings)
    table, at = _by_reply(c)
    rated = (~np.isnan(table)).sum(axis=1) >= 2
    shared = table[rated]
    clusters = np.arange(len(shared))
    if "reply" in ratings.columns:  # all factors together: what was rated is still the reply
        of_row = np.unique(ratings["reply"].to_numpy().astype(str), return_inverse=True)[1]
        of_item = np.zeros(len(table), dtype=np.int64)
        of_item[at] = of_row
        clusters = of_item[rated]
    count_of = len(np.unique(clusters))
    raters, count = int((~np.isnan(shared)).any(axis=0).sum()), int((~np.isnan(shared)).sum())
    rows = []
    whole = bool(np.isin(c.y, np.arange(scale[0], scale[1] + 1)).all())
    if whole:
        found = of_items(shared - scale[0], scale[1] - scale[0] + 1, clusters=clusters, resamples=resamples, seed=seed)
        for name, a in found.items():
            called = "alpha_ordinal" if name == "alpha" else name
            rows.append(Agreed(factor, called, "", a.value, a.low, a.high, a.items, raters, count, a.reason))
    else:
        reason = f"ratings between the whole points of {scale[0]} to {scale[1]} are no categories"
        nan = math.nan
        rows = [
            Agreed(factor, n, "", nan, nan, nan, count_of, raters, count, reason)
            for n in ("alpha_ordinal", "kappa_linear", "kappa_quadratic")
        ]
    correlations = _correlations(factor, c, shared, raters, count)
    if count_of < len(shared):
        correlations = [
            replace(r, low=math.nan, high=math.nan, items=count_of, reason="; ".join(w for w in (r.reason, SEVERAL) if w))
            for r in correlations
        ]
    return rows + correlations


def _by_reply(c: Coded) -> tuple[Floats, Codes]:
    """[replies, people], NaN where a person did not rate the reply; and the reply of each rating."""
    reply = np.unique(c.item * len(c.systems) + c.system, return_inverse=True)[1]
    table = np.full((int(reply.max()) + 1, c.people), np.nan)
    table[reply, c.participant] = c.y
    return table, reply


def _correlations(factor: str, c: Coded, shared: Floats, raters: int, count: int) -> list[Agreed]:
    """All six forms where the same raters rated every reply; else the two that variance components give."""
    from tidelab.analysis.icc import icc
    from tidelab.mixed.lmm import lmm

    complete = shared[:, ~np.isnan(shared).all(axis=0)] if len(shared) else shared
    if len(shared) and not np.isnan(complete).any():
        return [
            Agreed(factor, i.shrout_fleiss, i.mcgraw_wong, i.value, i.low, i.high, len(shared), raters, count, i.reason)
            for i in icc(complete)
        ]
    nan = math.nan
    reason = "no reply has two ratings" if not len(shared) else ""
    if not reason:
        rows, people = np.nonzero(~np.isnan(shared))
        y = shared[rows, people]
        fit = lmm(y, np.ones((len(y), 1)), ["mean"], {"reply": rows, "rater": np.unique(people, return_inverse=True)[1]})
        reason = fit.reason
    if reason:
        return [Agreed(factor, *names, nan, nan, nan, len(shared), raters, count, reason) for names in (ABSOLUTE, CONSISTENT)]
    of_reply, of_rater, rest = fit.deviations.get("reply", 0.0) ** 2, fit.deviations.get("rater", 0.0) ** 2, fit.residual**2
    how = "raters differ from reply to reply: from the variance components of a mixed model, which can't be negative; no interval"
    values = (of_reply / (of_reply + of_rater + rest), of_reply / (of_reply + rest))
    return [
        Agreed(factor, *names, v, nan, nan, len(shared), raters, count, how)
        for names, v in zip((ABSOLUTE, CONSISTENT), values, strict=True)
    ]


def _say(rows: list[Agreed], factor: str) -> str:
    here = {r.coefficient: r for r in rows if r.factor == factor}
    alpha = here["alpha_ordinal"]
    if math.isnan(alpha.value):
        return f"{factor}: agreement can't be given: {alpha.reason}."
    interval = "no interval" if math.isnan(alpha.low) else f"{alpha.low:.2f} to {alpha.high:.2f}"
    words = (
        "too few replies to judge by"
        if math.isnan(alpha.low)
        else "less than chance would give"
        if alpha.value < 0
        else "too low to draw conclusions from single ratings"
        if alpha.value < 0.667
        else "enough for tentative conclusions"
        if alpha.value < 0.8
        else "good"
    )
    over = f"{alpha.items} replies by {alpha.raters} people"
    return f"{factor}: Krippendorff's alpha {alpha.value:.2f} ({interval}) over {over}: {words} (Krippendorff 2004)."
