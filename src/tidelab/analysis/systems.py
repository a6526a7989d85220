"""How do people rate the systems? Friedman where participants rated all, mixed models for any design, Bradley-Terry of choices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.design import Coded, coded
from tidelab.analysis.holm import holm
from tidelab.analysis.result import Answer, Result
from tidelab.analysis.words import p_words

if TYPE_CHECKING:
    import polars as pl

    from tidelab.analysis.clmm import Clmm
    from tidelab.mixed.lmm import Lmm

ASKS = "How do people rate the systems?"
ROBUST_TO = "participants and items"


@dataclass(frozen=True)
class FactorTest:
    """One factor: do the systems differ at all?"""

    factor: str
    ratings: int
    participants: int
    items: int
    systems: int
    complete: int  # participants who rated every system; Friedman's test stands on them
    friedman: float = math.nan
    df: int = 0
    p_friedman: float = math.nan
    w: float = math.nan  # Kendall's W
    f: float = math.nan  # linear mixed model
    df1: float = math.nan
    df2: float = math.nan
    p_lmm: float = math.nan
    lmm_converged: bool = False
    errors: str = ""  # where too many pairs leave intercepts out of the model: what its errors are robust to
    sd_participant: float = math.nan
    sd_item: float = math.nan
    sd_residual: float = math.nan
    ordinal: str = "none"  # which ordinal model answered: clmm | gee | none
    wald: float = math.nan
    p_ordinal: float = math.nan
    ordinal_converged: bool = False
    models_agree: str = ""  # do the linear and the ordinal model order and separate the systems alike?
    reason: str = ""


@dataclass(frozen=True)
class SystemRating:
    """One system on one factor."""

    factor: str
    system_id: str
    ratings: int
    participants: int
    mean: float  # of the ratings as they are
    adjusted: float  # of the linear mixed model: as if everyone had rated every item
    low: float
    high: float
    log_odds: float  # of the ordinal model, against the first system
    strength: float  # Bradley-Terry, log odds against the mean of all
    strength_low: float
    strength_high: float
    reason: str


@dataclass(frozen=True)
class PairTest:
    """Two systems on one factor, first minus second."""

    factor: str
    first: str
    second: str
    difference: float  # linear mixed model, rating points
    low: float
    high: float
    p: float
    p_holm: float  # over the pairs of this factor
    log_odds: float
    p_ordinal_holm: float
    p_nemenyi: float
    p_conover_holm: float
    p_wilcoxon_holm: float
    reason: str


def systems(ratings: pl.DataFrame, *, confidence: float = 0.95) -> Answer:
    """ratings: usable rows of `analysis/ratings`; every factor apart."""
    import polars as pl

    tests: list[FactorTest] = []
    rated: list[SystemRating] = []
    pairs: list[PairTest] = []
    for factor in ratings["factor"].unique(maintain_order=True):
        test, of_systems, of_pairs = _factor(str(factor), coded(ratings.filter(pl.col("factor") == factor)), confidence)
        tests.append(test)
        rated += of_systems
        pairs += of_pairs
    settings = {"confidence": confidence, "holm": "over the pairs of one factor"}
    parts: dict[str, Result] = {  # type: ignore[type-arg]
        "tests": Result(FactorTest, tuple(tests), settings),
        "systems": Result(SystemRating, tuple(rated), settings),
        "pairs": Result(PairTest, tuple(pairs), settings),
    }
    return Answer("systems", ASKS, parts, tuple(_say(t, rated, pairs) for t in tests))


def _factor(factor: str, c: Coded, confidence: float) -> tuple[FactorTest, list[SystemRating], list[PairTest]]:
    from tidelab.analysis.friedman import after, friedman

    nan = math.nan
    if len(c.systems) < 2:
        reason = "one system: nothing to compare"
        test = FactorTest(factor, len(c.y), c.people, c.items, 1, c.people, reason=reason)
        mean = float(c.y.mean())
        return test, [SystemRating(factor, c.systems[0], len(c.y), c.people, mean, nan, nan, nan, nan, nan, nan, nan, reason)], []
    table = c.by_participant()
    complete = table[~np.isnan(table).any(axis=1)]
    whole = friedman(complete)
    linear, left_out = fit_linear(c)
    ordinal, kind, why = fit_ordinal(c)
    every = np.eye(len(c.systems) - 1)
    f = linear.test(np.column_stack([np.zeros(len(every)), every]))
    wald, _, p_ordinal = ordinal.test(every)
    of_pairs = _pairs(factor, c, linear, ordinal, after(complete), confidence)
    reasons = {"Friedman": whole.reason, "linear": linear.reason, "ordinal": why}
    test = FactorTest(
        factor=factor,
        ratings=len(c.y),
        participants=c.people,
        items=c.items,
        systems=len(c.systems),
        complete=len(complete),
        friedman=whole.statistic,
        df=whole.df,
        p_friedman=whole.p,
        w=whole.w,
        f=f.f,
        df1=f.df1,
        df2=f.df2,
        p_lmm=f.p,
        lmm_converged=linear.converged,
        errors=ROBUST_TO if linear.clusters else "",
        sd_participant=linear.deviations.get("participant", nan),
        sd_item=linear.deviations.get("item", nan),
        sd_residual=linear.residual,
        ordinal=kind,
        wald=wald,
        p_ordinal=p_ordinal,
        ordinal_converged=ordinal.converged,
        models_agree=_agree(linear, ordinal, of_pairs),
        reason="; ".join([*(f"{what}: {said}" for what, said in reasons.items() if said), *linear.notes, *left_out]),
    )
    return test, _rated(factor, c, linear, ordinal, confidence), of_pairs


def fit_linear(c: Coded) -> tuple[Lmm, tuple[str, ...]]:
    """The linear mixed model of the systems, and what had to be left out of it.

    Without the intercepts of pairs its own errors would take many ratings of one reply for as much evidence about the system. Where they
    are left out, errors and degrees of freedom are robust to whatever ratings of one participant or of one item share.
    """
    from tidelab.mixed.lmm import lmm

    factors, notes = c.intercepts()
    names = ("intercept", *c.systems[1:])
    x = np.column_stack([np.ones(len(c.y)), c.dummies])
    if not notes:
        return lmm(c.y, x, names, factors), ()
    fit = lmm(c.y, x, names, factors, robust=(c.participant, c.item))
    return fit, (*notes, f"errors are robust to {ROBUST_TO}, degrees of freedom of {fit.clusters} clusters")


def fit_ordinal(c: Coded) -> tuple[Clmm, str, str]:
    """The cumulative-link mixed model; where it fails, ordinal GEE by participant. Returns the fit, its kind, and what is to be said."""
    from tidelab.analysis.clmm import clmm

    factors, left_out = c.intercepts()
    if left_out:
        return _robust_ordinal(c)
    fit = clmm(c.y, c.dummies, c.systems[1:], factors)
    if fit.converged:
        return fit, "clmm", ""
    gee = clmm(c.y, c.dummies, c.systems[1:], {}, robust=c.participant)
    if gee.converged and c.people >= 2:
        return gee, "gee", f"the mixed model failed ({fit.reason}); ordinal GEE by participant stands in for it"
    return fit, "none", fit.reason


def _robust_ordinal(c: Coded) -> tuple[Clmm, str, str]:
    """Ordinal GEE whose errors are robust to participants and to items, for data with more pairs than intercepts can be fitted of."""
    from tidelab.analysis.clmm import clmm
    from tidelab.mixed.lmm import LEAST, at_least

    task = np.unique(c.participant * c.items + c.item, return_inverse=True)[1]
    by_person, by_item, by_task = (clmm(c.y, c.dummies, c.systems[1:], {}, robust=r) for r in (c.participant, c.item, task))
    if not (by_person.converged and by_item.converged and by_task.converged and min(c.people, c.items) >= 2):
        return by_person, "none", by_person.reason or "one participant or one item: nothing to be robust to"
    both = at_least(by_person.covariance + by_item.covariance - by_task.covariance, LEAST * by_task.covariance)
    why = "too many pairs for the mixed model; ordinal GEE, robust to participants and items, stands in for it"
    return replace(by_person, covariance=both, clusters=min(c.people, c.items)), "gee", why


def _rated(factor: str, c: Coded, linear: Lmm, ordinal: Clmm, confidence: float) -> list[SystemRating]:
    from tidelab.analysis.bradley_terry import bradley_terry, choices_of, interval

    tasks, clusters = c.by_task()
    first, second, outcome, who = choices_of(tasks, clusters)
    found = bradley_terry(first, second, outcome, c.systems, who)
    rows = []
    for k, name in enumerate(c.systems):
        here = c.system == k
        adjusted, low, high = linear.interval(np.concatenate([[1.0], c.contrast(k)]), confidence)
        reasons = [linear.reason, f"Bradley-Terry: {found.reason}" if found.reason else ""]
        rows.append(
            SystemRating(
                factor,
                name,
                int(here.sum()),
                len(np.unique(c.participant[here])),
                float(c.y[here].mean()),
                adjusted,
                low,
                high,
                float(c.contrast(k) @ ordinal.estimates) if ordinal.converged else math.nan,
                float(found.strengths[k]),
                *interval(found, k, confidence),
                "; ".join(r for r in reasons if r),
            )
        )
    return rows


def _pairs(factor: str, c: Coded, linear: Lmm, ordinal: Clmm, post_hoc: Sequence, confidence: float) -> list[PairTest]:  # type: ignore[type-arg]
    nan = math.nan
    by_pair = {(a.first, a.second): a for a in post_hoc}
    pairs = list(itertools.combinations(range(len(c.systems)), 2))
    contrasts = [np.concatenate([[0.0], c.contrast(i, j)]) for i, j in pairs]
    tests = [linear.test(row) for row in contrasts]
    odds = [ordinal.test(row[1:])[2] for row in contrasts]
    rows = []
    for (i, j), row, test, p_holm, p_odds in zip(pairs, contrasts, tests, holm([t.p for t in tests]), holm(odds), strict=True):
        a = by_pair.get((i, j))
        estimate, low, high = linear.interval(row, confidence)
        rows.append(
            PairTest(
                factor,
                c.systems[i],
                c.systems[j],
                estimate,
                low,
                high,
                test.p,
                p_holm,
                float(row[1:] @ ordinal.estimates) if ordinal.converged else nan,
                p_odds,
                a.p_nemenyi if a else nan,
                a.p_conover_holm if a else nan,
                a.p_wilcoxon_holm if a else nan,
                test.reason,
            )
        )
    return rows


def _agree(linear: Lmm, ordinal: Clmm, pairs: list[PairTest]) -> str:
    if not (linear.converged and ordinal.converged):
        return "can't be said: one of the models has no result"
    other = [p for p in pairs if (p.p_holm < 0.05) != (p.p_ordinal_holm < 0.05)]
    turned = [p for p in pairs if p.difference * p.log_odds < 0 and min(p.p_holm, p.p_ordinal_holm) < 0.05]
    if turned:
        return f"no: {turned[0].first} and {turned[0].second} are ordered differently"
    if other:
        return f"in direction, yes; in {len(other)} of {len(pairs)} pairs only one model finds a difference"
    return f"yes, in all {len(pairs)} pairs"


def _say(test: FactorTest, rated: list[SystemRating], pairs: list[PairTest]) -> str:
    here = sorted((r for r in rated if r.factor == test.factor), key=lambda r: -r.mean)
    start = f"{test.factor}: {test.ratings:,} ratings of {test.systems} systems by {test.participants} participants. "
    if test.systems < 2:
        return start + test.reason + "."
    apart = sum(p.p_holm < 0.05 for p in pairs if p.factor == test.factor)
    count = sum(p.factor == test.factor for p in pairs)
    parts = [f"Highest {here[0].system_id} ({here[0].mean:.2f}), lowest {here[-1].system_id} ({here[-1].mean:.2f})."]
    if math.isnan(test.p_lmm):
        parts.append(f"The mixed model gives no result ({test.reason}).")
    else:
        finding = "differ" if test.p_lmm < 0.05 else "are not shown to differ"
        f = f"F({test.df1:.0f}, {test.df2:.0f}) = {test.f:.2f}"
        model = f"mixed model with errors robust to {ROBUST_TO}" if test.errors == ROBUST_TO else "mixed model"
        parts.append(f"The systems {finding} ({model} {f}, {p_words(test.p_lmm)}); {apart} of {count} pairs after Holm.")
    if not math.isnan(test.p_friedman):
        parts.append(
            f"Friedman over {test.complete} participants: {test.friedman:.2f}, {p_words(test.p_friedman)}, Kendall's W {test.w:.2f}."
        )
    parts.append(f"Linear and ordinal model agree: {test.models_agree}.")
    return start + " ".join(parts)
