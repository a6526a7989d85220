"""The judge is judged: on replies whose order of quality is known, asked again, with the fields turned round, and against people.

The texts come from whoever calls: `tide score --examine` hands over the sample corpus's reference, lukewarm and failing replies.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from tidelab import agreement
from tidelab.engines import provider
from tidelab.experiment import Calls
from tidelab.run.cells import Cell, Work
from tidelab.scoring.judge import rubric as rubrics
from tidelab.scoring.judge.cells import SCHEMA, ask, labels
from tidelab.scoring.judge.verdict import Judgement

KINDS = ("reference", "lukewarm", "failing")
"""From best to worst."""
AGAIN = 100  # the first try's number of the second asking: another answer in the store than the first
REPEATED = 60  # triples that are asked again, and with the fields turned round
BARS = {
    "unscored": "at most 5% of the replies unscored",
    "failing": "the reference over the failing reply in at least 85% of the pairs",
    "triples": "reference over lukewarm over failing in at least 60% of the triples",
    "repeat": "asked again, Krippendorff's alpha of at least 0.67",
    "position": "with the fields turned round, a mean change of at most 0.25",
}
"""Below any of these a judge is unfit."""


class Triple(NamedTuple):
    """One person's words with three replies; `cluster` is the persona, by which intervals are drawn."""

    conversation_id: str
    cluster: str
    person: str
    reference: str
    lukewarm: str
    failing: str


def cells(names: Sequence[str], triples: Sequence[Triple], calls: Calls, people: Sequence[dict[str, Any]] = ()) -> list[Cell]:
    """`judges/JUDGE/examination` for each judge: tables levels, again, turned; the figures in its notes.

    people -- ratings by people: conversation_id, system_id (a kind), scale, value 1-5
    """
    rubric = rubrics.load()
    asked = {"rubric": rubric.sha, "triples": [list(t) for t in triples], "people": list(people), "repeated": REPEATED, "bars": BARS}
    return [
        Cell(
            f"judges/{label}/examination",
            {"judge": provider.identity(name), "asked": _hash(asked)},
            functools.partial(_examine, name, list(triples), list(people), calls),
        )
        for name, label in labels(names).items()
    ]


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _examine(name: str, triples: list[Triple], people: list[dict[str, Any]], calls: Calls, work: Work) -> None:
    tables: dict[str, pl.DataFrame] = {}
    for table, some, how in (
        ("levels", triples, {}),
        ("again", triples[:REPEATED], {"first": AGAIN}),
        ("turned", triples[:REPEATED], {"reply_first": True}),
    ):
        items = [Judgement(rubrics.load(), [(t.conversation_id, kind)], t.person, getattr(t, kind), **how) for t in some for kind in KINDS]
        tables[table] = pl.DataFrame(ask(work, name, calls, items), schema=SCHEMA, orient="row")
        work.write(table, tables[table])
    figures = figure(tables["levels"], tables["again"], tables["turned"], triples, people)
    work.note(rubric=rubrics.load().identity, **figures)


def figure(
    levels: pl.DataFrame, again: pl.DataFrame, turned: pl.DataFrame, triples: Sequence[Triple], people: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """What is known of a judge, from its tables: shares with 95% intervals over personas, `fit`, and `below` where it isn't."""
    first, second, other = (_levels(table) for table in (levels, again, turned))
    overall = {t.conversation_id: [first.get((t.conversation_id, kind, "overall"), math.nan) for kind in KINDS] for t in triples}
    clusters = [t.cluster for t in triples]
    ranks = np.array([overall[t.conversation_id] for t in triples], dtype=np.float64).reshape(-1, 3)
    unscored = levels["level"].null_count() / max(levels.height, 1)
    told: dict[str, Any] = {
        "replies": 3 * len(triples),
        "unscored": unscored,
        "triples": _share((ranks[:, 0] > ranks[:, 1]) & (ranks[:, 1] > ranks[:, 2]), ranks, clusters),
        "lukewarm": _share(_over(ranks[:, 0], ranks[:, 1]), ranks[:, :2], clusters),
        "failing": _share(_over(ranks[:, 0], ranks[:, 2]), ranks[:, [0, 2]], clusters),
        "means": {kind: _mean(ranks[:, i]) for i, kind in enumerate(KINDS)},
        "repeat": _pairs(first, second),
        "position": _pairs(first, other),
        "length": _length(ranks, triples),
        "strays": int(levels["strays"].sum()),
        "people": _people(first, people),
    }
    below = [BARS["unscored"]] if unscored > 0.05 else []
    below += [] if _at_least(told["failing"]["share"], 0.85) else [BARS["failing"]]
    below += [] if _at_least(told["triples"]["share"], 0.60) else [BARS["triples"]]
    below += [] if _at_least(told["repeat"]["alpha"], 0.67) else [BARS["repeat"]]
    below += [] if _at_least(-abs(told["position"]["change"]), -0.25) else [BARS["position"]]
    return told | {"fit": not below, "below": below}


def _levels(table: pl.DataFrame) -> dict[tuple[str, str, str], float]:
    """(conversation, kind, scale) -> level, where there is one."""
    rows = table.filter(pl.col("level").is_not_null()).select("conversation_id", "system_id", "scale", "level")
    return {(c, s, k): float(v) for c, s, k, v in rows.iter_rows()}


def _over(better: Any, worse: Any) -> Any:
    """1 where the better is higher, a half where they tie."""
    return (better > worse) + 0.5 * (better == worse)


def _share(hits: Any, values: Any, clusters: Sequence[str]) -> dict[str, Any]:
    """Mean of `hits` over rows whose values are all there, with a percentile interval from 2,000 resamples of whole clusters."""
    known = ~np.isnan(values).any(axis=1)
    if not known.any():
        return {"share": math.nan, "low": math.nan, "high": math.nan, "of": 0}
    names, member = np.unique(np.array(clusters)[known], return_inverse=True)
    sums, counts = np.bincount(member, weights=hits[known].astype(np.float64)), np.bincount(member)
    drawn = np.random.default_rng(7).integers(0, len(names), (2_000, len(names)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), (0.025, 0.975))
    return {"share": float(hits[known].mean()), "low": float(low), "high": float(high), "of": int(known.sum())}


def _pairs(first: dict[Any, float], second: dict[Any, float]) -> dict[str, Any]:
    """Of replies rated twice: mean change, mean absolute change, share unchanged, and alpha over all scales."""
    both = sorted(first.keys() & second.keys())
    one, other = (np.array([table[key] for key in both]) for table in (first, second))
    if not both:
        return {"change": math.nan, "absolute": math.nan, "same": math.nan, "alpha": math.nan, "of": 0}
    found = agreement.alpha_interval(np.stack([one, other], axis=1) - 1, len(rubrics.LEVELS), "ordinal", resamples=2_000)
    alpha = 1.0 if math.isnan(found.value) and (one == other).all() else found.value
    change = other - one
    figures = {"change": float(change.mean()), "absolute": float(np.abs(change).mean()), "same": float((change == 0).mean())}
    return figures | {"alpha": alpha, "low": found.low, "high": found.high, "of": len(both)}


def _length(ranks: Any, triples: Sequence[Triple]) -> dict[str, Any]:
    """Spearman's correlation of level and words among replies of one kind: those are alike in quality, so it should be near 0."""
    words = np.array([[len(getattr(t, kind).split()) for kind in KINDS] for t in triples], dtype=np.float64).reshape(-1, 3)
    told = {}
    for i, kind in enumerate(KINDS):
        known = ~np.isnan(ranks[:, i])
        varied = known.sum() > 2 and len(set(ranks[known, i])) > 1 and len(set(words[known, i])) > 1
        told[kind] = float(spearmanr(words[known, i], ranks[known, i]).statistic) if varied else None
    return told


def _people(first: dict[Any, float], people: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Per scale against people's ratings: quadratic kappa, the judge's mean less theirs, and theirs at each of the judge's levels."""
    told: dict[str, Any] = {}
    for key in rubrics.load().keys:
        rated: dict[tuple[str, str], list[float]] = {}
        for row in people:
            if row["scale"] == key and (row["conversation_id"], row["system_id"], key) in first:
                rated.setdefault((row["conversation_id"], row["system_id"]), []).append(float(row["value"]))
        if not rated:
            continue
        judge = np.array([first[(*who, key)] for who in rated])
        theirs = np.array([sum(values) / len(values) for values in rated.values()])
        kappa = agreement.kappa(judge.astype(int) - 1, np.rint(theirs).astype(int) - 1, len(rubrics.LEVELS), "quadratic")
        at = {str(level): _mean(theirs[judge == level]) for level in rubrics.LEVELS if (judge == level).any()}
        told[key] = {"replies": len(rated), "kappa_quadratic": kappa, "bias": float((judge - theirs).mean()), "people_at_level": at}
    return told


def _mean(values: Any) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _at_least(value: float, bar: float) -> bool:
    return not math.isnan(value) and value >= bar
