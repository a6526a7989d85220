"""Do exclusions change the answer? The systems' test with everybody and under each rule that was named beforehand, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.result import Answer, Result
from tidelab.errors import TidelabError

if TYPE_CHECKING:
    import polars as pl

ASKS = "Do exclusions change the answer?"
STRAIGHT = 8  # ratings of one person that must all be the same to count as straight-lining
FASTEST = 2.0  # median seconds for one rating below which nobody can have read the reply


@dataclass(frozen=True)
class Variant:
    """The test of one factor's systems under one rule."""

    rule: str
    factor: str
    excluded: int  # participants
    participants: int  # that remain
    ratings: int
    f: float
    p: float
    changed: float  # largest change of a difference between two systems from the main analysis, rating points
    turned: int  # pairs of systems that are told apart (Holm) in one of both analyses only
    reason: str


def straight_lining(ratings: pl.DataFrame) -> list[str]:
    """Participants with at least `STRAIGHT` ratings, all the same."""
    import polars as pl

    told = ratings.group_by("participant_id").agg(n=pl.len(), values=pl.col("value").n_unique())
    return sorted(told.filter((pl.col("n") >= STRAIGHT) & (pl.col("values") == 1))["participant_id"])


def failed_attention(ratings: pl.DataFrame) -> list[str]:
    """Participants whose column `attention` says `failed`."""
    import polars as pl

    _demand(ratings, "attention", "`passed` or `failed`")
    return sorted(ratings.filter(pl.col("attention").str.to_lowercase() == "failed")["participant_id"].unique())


def too_fast(ratings: pl.DataFrame) -> list[str]:
    """Participants whose median of the column `seconds` is below `FASTEST`."""
    import polars as pl

    _demand(ratings, "seconds", "seconds that each rating took")
    told = ratings.group_by("participant_id").agg(s=pl.col("seconds").cast(pl.Float64, strict=False).median())
    return sorted(told.filter(pl.col("s") < FASTEST)["participant_id"])


RULES: dict[str, Callable[[pl.DataFrame], list[str]]] = {
    "straight-lining": straight_lining,
    "attention": failed_attention,
    "too-fast": too_fast,
}


def sensitivity(ratings: pl.DataFrame, rules: Sequence[str], *, confidence: float = 0.95, main: Answer | None = None) -> Answer:
    """The main analysis (everybody) and one variant for each rule, whole: models fitted anew.

    main: `systems` of the same ratings, where it is there already.
    """
    import polars as pl

    from tidelab.analysis.systems import systems

    unknown = [r for r in rules if r not in RULES]
    if unknown:
        raise TidelabError(f"there is no exclusion rule {unknown[0]!r}", where="--exclude", mend=f"use {', '.join(RULES)}")
    main = main or systems(ratings, confidence=confidence)
    rows = _variant("none", [], ratings, main, main)
    for rule in rules:
        out = RULES[rule](ratings)
        kept = ratings.filter(~pl.col("participant_id").is_in(out))
        if kept.height:
            rows += _variant(rule, out, kept, main, systems(kept, confidence=confidence) if out else main)
        else:
            rows.append(
                Variant(
                    rule, "", len(out), 0, 0, math.nan, math.nan, math.nan, 0, "the rule leaves nobody out" if not out else "nobody remains"
                )
            )
    settings = {"rules": list(rules), "straight_lining": STRAIGHT, "fastest_seconds": FASTEST}
    return Answer(
        "sensitivity", ASKS, {"variants": Result(Variant, tuple(rows), settings)}, tuple(_say(r) for r in rows if r.rule != "none")
    )


def _variant(rule: str, out: list[str], kept: pl.DataFrame, main: Answer, other: Answer) -> list[Variant]:
    differences = {(p.factor, p.first, p.second): p for p in main.parts["pairs"].rows}
    rows = []
    for test in other.parts["tests"].rows:
        pairs = [p for p in other.parts["pairs"].rows if p.factor == test.factor]
        moved = [abs(p.difference - differences[p.factor, p.first, p.second].difference) for p in pairs]
        turned = sum((p.p_holm < 0.05) != (differences[p.factor, p.first, p.second].p_holm < 0.05) for p in pairs)
        known = [m for m in moved if not math.isnan(m)]
        reason = "" if known else "no pair has a result in both analyses"
        changed = float(np.max(known)) if known else math.nan
        rows.append(Variant(rule, test.factor, len(out), test.participants, test.ratings, test.f, test.p_lmm, changed, turned, reason))
    return rows


def _demand(ratings: pl.DataFrame, column: str, what: str) -> None:
    if column not in ratings.columns:
        raise TidelabError(f"the ratings have no column {column!r}", where="--exclude", mend=f"add it ({what}), or leave the rule out")


def _say(row: Variant) -> str:
    if not row.excluded:
        return f"{row.rule}, {row.factor}: nobody is excluded."
    if math.isnan(row.changed):
        return f"{row.rule}: {row.excluded} participants excluded: {row.reason}."
    turn = f"{row.turned} pairs of systems change their verdict" if row.turned else "no verdict changes"
    return f"{row.rule}, {row.factor}: {row.excluded} participants excluded, differences move by at most {row.changed:.2f}, {turn}."
