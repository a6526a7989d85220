"""Learning curves: does a student's score level off with more data, at what value, and is more data worth it?

Mean scores of a student taught on n conversations are fitted by s(n) = c - a n^-b (Hestness et al. 2017), a >= 0 and b within bounds:
for each b of a fine grid c and a are least squares, and the best b is taken, so that a thousand refits are a few matrix products.
Personas and seeds are resampled. The curve is held against a line in log n and a flat fit by AICc. An asymptote with b at either bound,
with an interval wider than what was gained, or of a curve that does not beat the line, is *not identified*.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.bootstrap import Floats, generator
from tidelab.analysis.result import Answer, Result

if TYPE_CHECKING:
    import polars as pl

ASKS = "Where is the ceiling?"
EXPONENTS = np.geomspace(0.05, 3.0, 80)
FEWEST_SIZES = 4
NAME = re.compile(r"(?P<student>.+)@fine-tuned(?:~f\d+/\d+)?(?:~s(?P<seed>\d+))?")
NOT_YET = "not identified: not yet at its ceiling"
UNTOLD = "not identified: it rises too suddenly for a curve"  # the upper bound: a jump between two sizes, and nothing of how it levels off


@dataclass(frozen=True)
class CurvePoint:
    """Mean score of a student taught on some of the data, with one seed."""

    source: str
    student: str
    metric: str
    rows: int  # conversations taught on
    seed: int
    n: int  # conversations scored
    mean: float


@dataclass(frozen=True)
class Curve:
    """The fitted curve of one student, metric and source."""

    source: str
    student: str
    metric: str
    sizes: int
    seeds: int
    personas: int
    asymptote: float = math.nan  # c
    asymptote_low: float = math.nan
    asymptote_high: float = math.nan
    scale: float = math.nan  # a
    exponent: float = math.nan  # b
    gained: float = math.nan  # between the smallest and the largest n, as fitted
    best: str = ""  # power law | line | flat, by AICc
    weight: float = math.nan  # Akaike weight of the power law among the three
    identified: bool = False
    enough: float = math.nan  # n past which another doubling gains less than the smallest effect of interest
    enough_low: float = math.nan
    enough_high: float = math.nan
    verdict: str = ""
    reason: str = ""


def learning_curves(
    scores: pl.DataFrame,
    conversations: pl.DataFrame,
    taught: Mapping[str, int],
    *,
    smallest_effect: float,
    resamples: int = 1_000,
    confidence: float = 0.95,
    seed: int = 7,
) -> Answer:
    """scores: records.Score rows of `student@fine-tuned[~f1/4][~s2]`; taught: system_id -> conversations it was taught on.

    smallest_effect: gain of one doubling, in the metric's unit, below which more data are not worth it.
    """
    import polars as pl

    systems = [(s, NAME.fullmatch(s)) for s in sorted(set(scores["system_id"]) & set(taught))]
    known = [(s, m["student"], int(m["seed"] or 1)) for s, m in systems if m]
    names = pl.DataFrame(
        [{"system_id": s, "student": student, "seed": k, "rows": taught[s]} for s, student, k in known],
        schema={"system_id": pl.String, "student": pl.String, "seed": pl.Int64, "rows": pl.Int64},
        orient="row",
    )
    told = scores.join(names, on="system_id").with_columns(pl.col("value").fill_nan(None)).drop_nulls("value")
    told = told.join(conversations.select("conversation_id", "persona_id", "source"), on="conversation_id")
    points: list[CurvePoint] = []
    curves: list[Curve] = []
    order = {m: i for i, m in enumerate(scores["metric"].unique(maintain_order=True))}
    for (source, student, metric), group in sorted(
        told.group_by("source", "student", "metric"), key=lambda g: (g[0][0], g[0][1], order[g[0][2]])
    ):
        sums, sizes, seeds = _sums(group)
        total = sums.sum(axis=0)
        for i in range(len(sizes)):
            n = int(total[i, 1])
            points.append(CurvePoint(source, student, metric, int(sizes[i]), int(seeds[i]), n, float(total[i, 0] / n)))
        label = f"curves {seed} {source} {student} {metric}"
        curves.append(_curve((source, student, metric), sums, sizes, seeds, smallest_effect, resamples, confidence, label))
    settings = {"resamples": resamples, "confidence": confidence, "seed": seed, "smallest_effect": smallest_effect}
    parts: dict[str, Result] = {  # type: ignore[type-arg]
        "points": Result(CurvePoint, tuple(points), settings),
        "curves": Result(Curve, tuple(curves), settings),
    }
    return Answer("learning_curves", ASKS, parts, tuple(_say(c) for c in curves))


def _sums(group: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    """[personas, points, (sum, count)], and each point's n and seed."""
    points = group.select("rows", "seed").unique().sort("rows", "seed").with_row_index("point")
    personas = group.select("persona_id").unique().sort("persona_id").with_row_index("persona")
    placed = group.join(points, on=["rows", "seed"]).join(personas, on="persona_id")
    sums = np.zeros((personas.height, points.height, 2))
    persona, point = placed["persona"].to_numpy(), placed["point"].to_numpy()
    np.add.at(sums, (persona, point), np.stack([placed["value"].to_numpy(), np.ones(placed.height)], axis=1))
    return sums, points["rows"].to_numpy().astype(np.float64), points["seed"].to_numpy().astype(np.float64)


def _curve(
    names: tuple[str, str, str], sums: Floats, sizes: Floats, seeds: Floats, effect: float, resamples: int, confidence: float, label: str
) -> Curve:
    source, student, metric = names
    different = len(np.unique(sizes))
    base = Curve(source, student, metric, different, len(np.unique(seeds)), len(sums))
    if different < FEWEST_SIZES:
        reason = f"taught on {different} sizes of data: a curve needs {FEWEST_SIZES}"
        return _with(base, reason=reason, verdict="shown, not fitted")
    total = sums.sum(axis=0)
    y = (total[:, 0] / total[:, 1])[None, :]
    weights = np.ones_like(y)
    (c,), (a,), (b,) = _fit(sizes, y, weights)
    fitted = c - a * sizes**-b
    gained = float(fitted[sizes.argmax()] - fitted[sizes.argmin()])
    best, weight = _compare(sizes, y[0], fitted)
    cs, sa, sb = _resampled(sums, sizes, seeds, resamples, generator(label))
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    low, high = (float(q) for q in np.quantile(cs, tails))
    enough = _enough(np.array([a]), np.array([b]), effect)[0]
    enough_low, enough_high = (float(q) for q in np.quantile(_enough(sa, sb, effect), tails))
    why = ""
    if a <= 0 or gained <= 0:
        why = "the score does not rise with data"
    elif b <= EXPONENTS[0] * 1.001:
        why = f"{NOT_YET} (the exponent lies at its bound)"
    elif b >= EXPONENTS[-1] * 0.999:
        why = f"{UNTOLD} (the exponent lies at its bound)"
    elif high - low > gained:
        why = f"{NOT_YET} (the asymptote's interval is wider than what was gained)"
    elif best != "power law":
        why = f"{NOT_YET} (a {'line' if best == 'line' else 'flat fit'} tells the points as well)"
    return _with(
        base,
        asymptote=float(c), asymptote_low=low, asymptote_high=high, scale=float(a), exponent=float(b),
        gained=gained, best=best, weight=weight,
        identified=not why, enough=float(enough), enough_low=enough_low, enough_high=enough_high, verdict=why or "identified", reason=why,
    )  # fmt: skip


def _with(curve: Curve, **changes: object) -> Curve:
    from dataclasses import replace

    return replace(curve, **changes)  # type: ignore[arg-type]


def _fit(sizes: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Asymptote, scale and exponent for each row of y [fits, points], weighted; scale not below 0."""
    powers = sizes[None, :] ** -EXPONENTS[:, None]  # [exponents, points]
    total = weights.sum(axis=1)[:, None]
    mean_y = (weights * y).sum(axis=1)[:, None] / total
    mean_x = weights @ powers.T / total
    xx = weights @ (powers**2).T - total * mean_x**2
    xy = (weights * y) @ powers.T - total * mean_x * mean_y
    yy = (weights * y * y).sum(axis=1)[:, None] - total * mean_y**2
    slope = np.minimum(xy / np.maximum(xx, 1e-300), 0.0)  # -a
    error = yy - 2 * slope * xy + slope**2 * xx
    pick = error.argmin(axis=1)
    rows = np.arange(len(y))
    a = -slope[rows, pick]
    return mean_y[:, 0] + a * mean_x[rows, pick], a, EXPONENTS[pick]


def _compare(sizes: Floats, y: Floats, fitted: Floats) -> tuple[str, float]:
    """The best of power law, line in log n and flat fit by AICc, and the power law's Akaike weight."""
    n, x = len(y), np.log(sizes)
    line = np.polyval(np.polyfit(x, y, 1), x)
    scores = {}
    for name, curve, k in (("power law", fitted, 4), ("line", line, 3), ("flat", np.full(n, y.mean()), 2)):
        squares = max(float(((y - curve) ** 2).sum()), 1e-18)
        scores[name] = n * math.log(squares / n) + 2 * k + (2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf)
    least = min(scores.values())
    if math.isinf(least):
        return "flat", 0.0
    shares = {name: math.exp(-(s - least) / 2) for name, s in scores.items()}
    return min(scores, key=lambda name: scores[name]), shares["power law"] / sum(shares.values())


def _resampled(sums: Floats, sizes: Floats, seeds: Floats, resamples: int, draw: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Fits of resampled personas and, within each size, resampled seeds."""
    size = len(sums)
    personas = draw.multinomial(size, np.full(size, 1 / size), size=resamples).astype(np.float64)
    drawn = np.einsum("rp,pkc->rkc", personas, sums)
    y = drawn[:, :, 0] / np.maximum(drawn[:, :, 1], 1e-300)
    weights = np.zeros_like(y)
    for n in np.unique(sizes):
        here = np.flatnonzero(sizes == n)
        weights[:, here] = draw.multinomial(len(here), np.full(len(here), 1 / len(here)), size=resamples)
    return _fit(sizes, y, weights)


def _enough(a: Floats, b: Floats, effect: float) -> Floats:
    """n at which a doubling gains `effect`: a n^-b (1 - 2^-b) = effect."""
    return np.asarray((np.maximum(a, 1e-300) * (1 - 2.0**-b) / effect) ** (1 / b))


def _say(c: Curve) -> str:
    what = f"{c.student}, {c.metric} ({c.source}): "
    if c.verdict == "shown, not fitted":
        return f"{what}{c.verdict}: {c.reason}."
    if not c.identified:
        return f"{what}{c.verdict}."
    level = f"{c.asymptote:.3f} ({c.asymptote_low:.3f} to {c.asymptote_high:.3f})"
    return f"{what}levels off at {level}; past about {c.enough:,.0f} conversations another doubling gains too little to matter."
