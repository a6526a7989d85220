"""For which scenarios does fine-tuning help? Gains by theme, emotion and risk, partially pooled, with a test that they differ at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.bootstrap import Floats
from tidelab.analysis.differences import paired, unpaired
from tidelab.analysis.holm import holm
from tidelab.analysis.result import Answer, Result
from tidelab.analysis.words import p_words
from tidelab.mixed.crossed import Codes

if TYPE_CHECKING:
    import polars as pl

    from tidelab.mixed.lmm import Lmm

ASKS = "For which scenarios does fine-tuning help?"
DIMENSIONS = ("theme", "emotion", "risk")


@dataclass(frozen=True)
class Interaction:
    """Do one student's gains differ between the levels of one dimension?"""

    source: str
    student: str
    metric: str
    dimension: str  # theme | emotion | risk
    levels: int
    personas: int
    conversations: int
    f: float = math.nan  # gain ~ level + (1 | persona)
    df1: float = math.nan
    df2: float = math.nan
    p: float = math.nan
    p_holm: float = math.nan  # over the students of this source, metric and dimension
    sd_level: float = math.nan  # how much true gains differ between levels, chance taken out
    unscored: int = 0  # conversations left out because a score of them is missing
    no_level: int = 0  # scored pairs left out because their conversation has no level of this dimension
    reason: str = ""


@dataclass(frozen=True)
class LevelGain:
    """One student's gain at one level: as it is, and drawn towards the mean of all levels by how little is known of it."""

    source: str
    student: str
    metric: str
    dimension: str
    level: str
    n: int  # conversations
    personas: int
    raw: float
    pooled: float
    low: float
    high: float
    reason: str


def by_scenario(
    scores: pl.DataFrame,
    conversations: pl.DataFrame,
    students: Sequence[str],
    *,
    confidence: float = 0.95,
    dimensions: Sequence[str] = DIMENSIONS,
) -> Answer:
    """scores: records.Score rows; conversations: conversation_id, persona_id, source and the columns of `dimensions` that there are.

    A conversation whose level is empty is left out of that dimension, one that is not scored under both conditions of all dimensions; both
    are counted.
    """
    import polars as pl

    tests: list[Interaction] = []
    levels: list[LevelGain] = []
    silent: dict[str, None] = {}
    dimensions = [d for d in dimensions if d in conversations.columns]
    known = conversations.select("conversation_id", "persona_id", "source", *dimensions)
    pairs = {s: paired(scores, known, f"{s}@zero-shot", f"{s}@fine-tuned") for s in students}
    lost = {s: unpaired(scores, known, f"{s}@zero-shot", f"{s}@fine-tuned") for s in students}
    for source in sorted(known["source"].unique()):
        for metric in scores["metric"].unique(maintain_order=True):
            for dimension in dimensions:
                family = []
                for student in students:
                    scored = pairs[student].filter(pl.col("source") == source, pl.col("metric") == metric)
                    here = scored.filter(pl.col(dimension).fill_null("") != "")
                    missing = lost[student].filter(pl.col("source") == source, pl.col("metric") == metric).height
                    if scored.height and not here.height:
                        silent[f"By {dimension} ({source}): no conversation tells it; nothing can be said."] = None
                    if here.height:
                        test, of_levels = _one(here, str(source), student, str(metric), dimension, confidence)
                        family.append(replace(test, unscored=missing, no_level=scored.height - here.height))
                        levels += of_levels
                adjusted = holm([t.p for t in family])
                tests += [replace(t, p_holm=p) for t, p in zip(family, adjusted, strict=True)]
    settings = {"confidence": confidence, "pooled": "gain ~ 1 + (1 | level) + (1 | persona), REML", "holm": "over students"}
    parts: dict[str, Result] = {  # type: ignore[type-arg]
        "interactions": Result(Interaction, tuple(tests), settings),
        "levels": Result(LevelGain, tuple(levels), settings),
    }
    return Answer("by_scenario", ASKS, parts, (*(_say(t, levels) for t in tests), *silent))


def _one(
    here: pl.DataFrame, source: str, student: str, metric: str, dimension: str, confidence: float
) -> tuple[Interaction, list[LevelGain]]:
    from tidelab.mixed.lmm import lmm

    names, level = np.unique(here[dimension].to_numpy().astype(str), return_inverse=True)
    persona = np.unique(here["persona_id"].to_numpy().astype(str), return_inverse=True)[1]
    y = here["difference"].to_numpy()
    test = Interaction(source, student, metric, dimension, len(names), int(persona.max()) + 1, len(y))
    if len(names) < 2:
        test = replace(test, reason=f"one {dimension}: nothing to compare")
    else:
        dummies = np.stack([(level == k).astype(float) for k in range(len(names))], axis=1)
        found = lmm(y, dummies, list(names), {"persona": persona})
        apart = np.column_stack([-np.ones((len(names) - 1, 1)), np.eye(len(names) - 1)])
        f = found.test(apart)
        test = replace(test, f=f.f, df1=f.df1, df2=f.df2, p=f.p, reason=f.reason)
    fit = lmm(y, np.ones((len(y), 1)), ["gain"], {"level": level, "persona": persona})
    pooled = _pooled(fit, y, level, persona, len(names), confidence)
    rows = []
    for k, name in enumerate(names):
        inside = level == k
        people = len(np.unique(persona[inside]))
        raw = float(y[inside].mean())
        rows.append(LevelGain(source, student, metric, dimension, str(name), int(inside.sum()), people, raw, *pooled[k], fit.reason))
    return replace(test, sd_level=fit.deviations.get("level", math.nan)), rows


def _pooled(fit: Lmm, y: Floats, level: Codes, persona: Codes, levels: int, confidence: float) -> list[tuple[float, float, float]]:
    """Best linear unbiased prediction of each level's gain with its interval, out of Henderson's (1975) mixed model equations."""
    from scipy.stats import norm

    nan = math.nan
    if not fit.converged:
        return [(nan, nan, nan)] * levels
    ratio = {name: (sd / fit.residual) ** 2 for name, sd in fit.deviations.items()}
    columns: list[Floats] = [np.ones((len(y), 1))]
    penalty = [np.zeros(1)]
    for name, codes in (("level", level), ("persona", persona)):
        if ratio.get(name, 0.0) > 0:
            columns.append(np.eye(int(codes.max()) + 1)[codes])
            penalty.append(np.full(int(codes.max()) + 1, 1 / ratio[name]))
    design = np.hstack(columns)
    inverse = np.linalg.inv(design.T @ design + np.diag(np.concatenate(penalty)))
    solution = inverse @ (design.T @ y)
    found = []
    for k in range(levels):
        pick = np.zeros(design.shape[1])
        pick[0] = 1.0
        if ratio.get("level", 0.0) > 0:
            pick[1 + k] = 1.0
        value = float(pick @ solution)
        half = float(norm.ppf((1 + confidence) / 2)) * fit.residual * math.sqrt(float(pick @ inverse @ pick))
        found.append((value, value - half, value + half))
    return found


def _say(test: Interaction, levels: list[LevelGain]) -> str:
    what = f"{test.student}, {test.metric} ({test.source}) by {test.dimension}: "
    left = [f"{n} {why}" for n, why in ((test.unscored, "without a score"), (test.no_level, f"without {test.dimension}")) if n]
    out = f" Conversations left out: {', '.join(left)}." if left else ""
    if math.isnan(test.p):
        return f"{what}can't be said ({test.reason}).{out}"
    here = [
        row for row in levels
        if (row.source, row.student, row.metric, row.dimension) == (test.source, test.student, test.metric, test.dimension)
    ]  # fmt: skip
    most, least = max(here, key=lambda r: r.pooled), min(here, key=lambda r: r.pooled)
    found = "gains differ" if test.p_holm < 0.05 else "gains are not shown to differ"
    spread = f"from {least.pooled:+.3f} ({least.level}) to {most.pooled:+.3f} ({most.level}), partially pooled"
    return f"{what}{found} (F({test.df1:.0f}, {test.df2:.0f}) = {test.f:.2f}, {p_words(test.p_holm)} after Holm), {spread}.{out}"
