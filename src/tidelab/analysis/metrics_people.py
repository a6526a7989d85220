"""Do the metrics know what people feel? Each metric against ratings, reply by reply and system by system."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.bootstrap import FEWEST, Floats, generator, resampled
from tidelab.analysis.result import Answer, Result
from tidelab.mixed.crossed import Codes

if TYPE_CHECKING:
    import polars as pl

ASKS = "Do the metrics know what people feel?"
FOLDS = 10


@dataclass(frozen=True)
class Correlation:
    """One metric against one factor."""

    factor: str
    metric: str
    level: str  # reply | system
    n: int  # replies or systems with both
    clusters: int  # conversations, which are what is resampled
    pearson: float
    pearson_low: float
    pearson_high: float
    spearman: float
    spearman_low: float  # with the ranks of the whole sample: a resample's own ranks would differ little
    spearman_high: float
    reason: str
    mark: str = ""  # of a judge: `unfit judge`, `unexamined judge`, by what the signatures of its scores say


@dataclass(frozen=True)
class Mix:
    """What the best linear mix of all metrics explains of one factor, on conversations it was not fitted to."""

    factor: str
    metrics: int
    n: int
    explained: float  # 1 - squared error / variance, out of sample; below 0: worse than the mean
    best_alone: str
    best_alone_explained: float
    reason: str


@dataclass(frozen=True)
class Apart:
    """A reply about which a metric and people disagree most: difference of standard scores."""

    factor: str
    metric: str
    conversation_id: str
    system_id: str
    rating: float
    value: float
    apart: float  # metric's standard score minus people's
    ratings: int


def metrics_people(
    ratings: pl.DataFrame, scores: pl.DataFrame, *, resamples: int = 10_000, confidence: float = 0.95, seed: int = 7, examples: int = 5
) -> Answer:
    """ratings: usable rows; scores: records.Score rows (metrics, judges, factors) of the same conversations and systems."""
    import polars as pl

    people = ratings.group_by("conversation_id", "system_id", "factor").agg(rating=pl.col("value").mean(), ratings=pl.len())
    known = (
        scores.with_columns(pl.col("value").fill_nan(None)).drop_nulls("value").select("conversation_id", "system_id", "metric", "value")
    )
    rows: list[Correlation] = []
    mixes: list[Mix] = []
    apart: list[Apart] = []
    metrics = [str(m) for m in scores["metric"].unique(maintain_order=True)]
    marks = judges(scores)
    for factor in ratings["factor"].unique(maintain_order=True):
        here = people.filter(pl.col("factor") == factor)
        for metric in metrics:
            both = here.join(known.filter(pl.col("metric") == metric), on=["conversation_id", "system_id"]).sort(
                "conversation_id", "system_id"
            )
            mark = marks.get(metric, "")
            rows += [replace(row, mark=mark) for row in _correlations(str(factor), metric, both, resamples, confidence, seed)]
            apart += _apart(str(factor), metric, both, examples)
        mixes.append(_mix(str(factor), here, known, metrics, seed))
    settings = {"resamples": resamples, "confidence": confidence, "seed": seed, "folds": FOLDS, "resampled": "conversations"}
    parts: dict[str, Result] = {  # type: ignore[type-arg]
        "correlations": Result(Correlation, tuple(rows), settings),
        "mixes": Result(Mix, tuple(mixes), settings),
        "apart": Result(Apart, tuple(apart), settings),
    }
    marked = [f"{metric} is the work of an {mark}: see its examination before you build on it." for metric, mark in marks.items()]
    return Answer("metrics_people", ASKS, parts, (*(_say(m, rows) for m in mixes), *marked))


def judges(scores: pl.DataFrame) -> dict[str, str]:
    """Metric -> mark, for those whose signatures say that a judge is below its bar, or was never examined."""
    found = {}
    for metric, signature in scores.select("metric", "signature").unique(maintain_order=True).iter_rows():
        if "|fit:" in signature and "|fit:yes|" not in signature:
            found[str(metric)] = "unexamined judge" if "|fit:unexamined|" in signature else "unfit judge"
    return found


def _correlations(factor: str, metric: str, both: pl.DataFrame, resamples: int, confidence: float, seed: int) -> list[Correlation]:
    import polars as pl

    x, y = both["value"].to_numpy(), both["rating"].to_numpy()
    clusters = np.unique(both["conversation_id"].to_numpy().astype(str), return_inverse=True)[1]
    by_system = both.group_by("system_id").agg(pl.col("value").mean(), pl.col("rating").mean()).sort("system_id")
    label = f"metrics_people {seed} {factor} {metric}"
    one = correlated(x, y, clusters, resamples, confidence, label)
    size = int(clusters.max()) + 1 if len(clusters) else 0
    a, b = by_system["value"].to_numpy(), by_system["rating"].to_numpy()
    other = correlated(a, b, np.arange(len(a)), resamples, confidence, f"{label} systems")
    return [Correlation(factor, metric, "reply", len(x), size, *one), Correlation(factor, metric, "system", len(a), len(a), *other)]


def correlated(
    x: Floats, y: Floats, clusters: Codes, resamples: int, confidence: float, label: str
) -> tuple[float, float, float, float, float, float, str]:
    """Pearson with ends, Spearman with ends, and a reason; clusters [rows] are what is resampled."""
    from scipy.stats import rankdata

    nan = math.nan
    if len(x) < 3:
        return nan, nan, nan, nan, nan, nan, f"{len(x)} pairs: 3 at least are needed"
    for name, values in (("the metric", x), ("the rating", y)):
        if np.ptp(values) < 1e-12:
            return nan, nan, nan, nan, nan, nan, f"{name} is the same everywhere"
    found: list[float] = []
    size, reason = int(clusters.max()) + 1, ""
    for one, other in ((x, y), (rankdata(x), rankdata(y))):
        one, other = (one - one.mean()) / one.std(), (other - other.mean()) / other.std()
        moments = np.stack([np.ones(len(one)), one, other, one * one, other * other, one * other], axis=1)
        sums: Floats = np.stack([np.bincount(clusters, column, size) for column in moments.T], axis=1).astype(np.float64)
        found.append(float(_pearson(sums.sum(axis=0))))
        if size < FEWEST:
            found += [nan, nan]
            reason = f"fewer than {FEWEST} units to resample: no interval"
            continue
        drawn = _pearson(resampled(sums, resamples, generator(label)).T)
        drawn = drawn[~np.isnan(drawn)]
        found += [float(q) for q in np.quantile(drawn, ((1 - confidence) / 2, (1 + confidence) / 2))]
    return found[0], found[1], found[2], found[3], found[4], found[5], reason


def _pearson(m: Floats) -> Floats:
    """Correlation out of sums of 1, x, y, xx, yy, xy in the last axis; NaN where one of both does not vary."""
    n, x, y, xx, yy, xy = np.moveaxis(m, -1, 0)
    spread = (n * xx - x * x) * (n * yy - y * y)
    return np.asarray(np.where(spread > 1e-9, (n * xy - x * y) / np.sqrt(np.maximum(spread, 1e-300)), np.nan))


def _apart(factor: str, metric: str, both: pl.DataFrame, examples: int) -> list[Apart]:
    x, y = both["value"].to_numpy(), both["rating"].to_numpy()
    if len(x) < 3 or min(np.ptp(x), np.ptp(y)) < 1e-12:
        return []
    gap = (x - x.mean()) / x.std() - (y - y.mean()) / y.std()
    rows = []
    for i in sorted(np.argsort(-np.abs(gap), kind="stable")[:examples]):
        row = both.row(int(i), named=True)
        rows.append(
            Apart(factor, metric, row["conversation_id"], row["system_id"], row["rating"], row["value"], float(gap[i]), row["ratings"])
        )
    return sorted(rows, key=lambda a: -abs(a.apart))


def _mix(factor: str, people: pl.DataFrame, known: pl.DataFrame, metrics: Sequence[str], seed: int) -> Mix:
    wide = known.pivot(on="metric", index=["conversation_id", "system_id"], values="value", aggregate_function="mean")
    usable = [m for m in metrics if m in wide.columns and wide[m].n_unique() > 1]
    both = people.join(wide, on=["conversation_id", "system_id"]).drop_nulls(usable).sort("conversation_id", "system_id")
    conversations = np.unique(both["conversation_id"].to_numpy().astype(str), return_inverse=True)[1]
    count = int(conversations.max()) + 1 if len(conversations) else 0
    y = both["rating"].to_numpy()
    reason = ""
    if count < 2 * FOLDS or len(y) <= 2 * len(usable) + 2:
        reason = f"{len(y)} replies of {count} conversations with all metrics: too few to fit on some and try on others"
    elif not usable:
        reason = "no metric varies"
    elif np.ptp(y) < 1e-12:
        reason = "the rating is the same everywhere"
    if reason:
        return Mix(factor, len(usable), len(y), math.nan, "", math.nan, reason)
    fold = generator(f"folds {seed} {factor}").permutation(count)[conversations] % FOLDS
    x = both.select(usable).to_numpy().astype(np.float64)
    alone = {m: _explained(x[:, [i]], y, fold) for i, m in enumerate(usable)}
    best = max(alone, key=lambda m: alone[m])
    return Mix(factor, len(usable), len(y), _explained(x, y, fold), best, alone[best], "")


def _explained(x: Floats, y: Floats, fold: Codes) -> float:
    """Cross-validated share of variance explained by least squares; a conversation is never on both sides."""
    x = np.column_stack([np.ones(len(y)), (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-12)])
    error, base = 0.0, 0.0
    for k in range(FOLDS):
        out = fold == k
        b = np.linalg.lstsq(x[~out], y[~out], rcond=None)[0]
        error += float(((y[out] - x[out] @ b) ** 2).sum())
        base += float(((y[out] - y[~out].mean()) ** 2).sum())
    return 1 - error / base


def _say(mix: Mix, rows: list[Correlation]) -> str:
    here = [r for r in rows if r.factor == mix.factor and r.level == "reply" and not math.isnan(r.spearman)]
    if not here:
        return f"{mix.factor}: no metric can be compared with ratings."
    best = max(here, key=lambda r: abs(r.spearman))
    text = f"{mix.factor}: of {len(here)} metrics {best.metric} follows people most (Spearman {best.spearman:.2f}"
    text += f", {best.spearman_low:.2f} to {best.spearman_high:.2f})" if not math.isnan(best.spearman_low) else ")"
    if mix.reason:
        return f"{text}; a mix of metrics was not fitted: {mix.reason}."
    alone = f"{mix.best_alone} alone {mix.best_alone_explained:.0%}"
    return f"{text}; the best linear mix of {mix.metrics} explains {mix.explained:.0%} of how replies differ, {alone}."
