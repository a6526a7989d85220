"""Who prefers what? Groups of people by properties of replies: interaction in the mixed model, plain tests over participants beside it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidelab.analysis.benjamini_hochberg import benjamini_hochberg
from tidelab.analysis.bootstrap import Floats
from tidelab.analysis.group_pairs import POWER, GroupPair, group_pairs, together
from tidelab.analysis.result import Answer, Result
from tidelab.analysis.words import p_words
from tidelab.errors import TidelabError
from tidelab.mixed.crossed import Codes
from tidelab.records import SUPPRESSED

if TYPE_CHECKING:
    import polars as pl

ASKS = "Who prefers what?"
PEOPLE = ("age_group", "gender", "education")
REPLIES = ("validation_order", "layering")
NO_GROUPS = (SUPPRESSED, "declined")


@dataclass(frozen=True)
class Preference:
    """Does the difference between two kinds of reply differ between groups of people? Without a kind of reply: does the rating itself?"""

    factor: str
    person: str  # column that groups people
    reply: str  # column that tells of replies; empty for the rating itself
    participants: int
    groups: int = 0
    suppressed: str = ""  # groups under k people: named, in no test, never shown
    f: float = math.nan  # interaction (or the person's main effect) in the linear mixed model
    df1: float = math.nan
    df2: float = math.nan
    p_lmm: float = math.nan
    plain: str = ""  # Mann-Whitney | Kruskal-Wallis, over participants
    statistic: float = math.nan
    p_plain: float = math.nan
    effect: float = math.nan  # rank-biserial (two groups) or epsilon squared
    p_lmm_bh: float = math.nan  # Benjamini-Hochberg over all rows
    p_plain_bh: float = math.nan
    difference: float = math.nan  # of the two groups that differ most (`pairs` has all): second minus first, rating points
    low: float = math.nan
    high: float = math.nan
    smallest_detectable: float = math.nan  # of the pair of groups in which it is largest
    equivalent: str = ""  # two groups: verdict against the margin; more: equivalent if every pair is, after Holm
    pair: str = ""  # the two groups that differ most
    no_group: int = 0  # ratings left out: their participant's answer is empty, hidden or declined
    no_kind: int = 0  # ratings left out: nothing tells of this property of their reply
    reason: str = ""


@dataclass(frozen=True)
class Cell:
    """Mean preference of one group: rating of the second kind of reply minus that of the first, or the rating itself."""

    factor: str
    person: str
    group: str
    reply: str
    kinds: str  # `before > after`: what is subtracted from what
    participants: int  # 0 where suppressed
    mean: float
    low: float
    high: float
    reason: str


def preferences(
    ratings: pl.DataFrame,
    *,
    people: Sequence[str] | None = None,
    replies: Sequence[str] | None = None,
    margin: float = 0.5,
    k: int = 5,
    confidence: float = 0.95,
) -> Answer:
    """ratings: usable rows with columns that tell of people (one value a participant) and of replies; those absent are left out.

    margin: rating points within which a difference of two groups does not matter. k: fewest people of a group that is shown.
    Raises TidelabError where a named column is absent or a participant is in two groups.
    """
    import polars as pl

    for name in [*(people or ()), *(replies or ())]:
        if name not in ratings.columns:
            raise TidelabError(f"the ratings have no column {name!r}", where="--by", mend=f"they have {', '.join(ratings.columns)}")
    people = list(people) if people is not None else [c for c in PEOPLE if c in ratings.columns]
    replies = list(replies) if replies is not None else [c for c in REPLIES if c in ratings.columns]
    rows: list[Preference] = []
    cells: list[Cell] = []
    pairs: list[GroupPair] = []
    for factor in ratings["factor"].unique(maintain_order=True):
        here = ratings.filter(pl.col("factor") == factor)
        for person, reply in itertools.product(people, ["", *replies]):
            row, of_cells, of_pairs = _preference(str(factor), here, person, reply, margin, k, confidence)
            rows.append(row)
            cells += of_cells
            pairs += of_pairs
    linear, plain = (benjamini_hochberg([getattr(r, name) for r in rows]) for name in ("p_lmm", "p_plain"))
    rows = [replace(r, p_lmm_bh=a, p_plain_bh=b) for r, a, b in zip(rows, linear, plain, strict=True)]
    settings = {"margin": margin, "k": k, "confidence": confidence, "correction": "Benjamini-Hochberg over all rows", "power": POWER}
    parts: dict[str, Result] = {  # type: ignore[type-arg]
        "preferences": Result(Preference, tuple(rows), settings),
        "cells": Result(Cell, tuple(cells), settings),
        "pairs": Result(GroupPair, tuple(pairs), settings),
    }
    said = tuple(_say(r) for r in rows) or ("The ratings tell nothing of who rated: no column of people " + ", ".join(PEOPLE) + ".",)
    return Answer("preferences", ASKS, parts, said)


def answered(person: str) -> pl.Expr:
    """Whether a row tells a person's group: a hidden or declined answer makes nobody a group of their own."""
    import polars as pl

    told = pl.col(person).cast(pl.String).str.strip_chars().fill_null("")
    return ~told.is_in(["", *NO_GROUPS])


def _preference(
    factor: str, ratings: pl.DataFrame, person: str, reply: str, margin: float, k: int, confidence: float
) -> tuple[Preference, list[Cell], list[GroupPair]]:
    import polars as pl

    grouped = ratings.filter(answered(person))
    known = grouped.filter(pl.col(reply).is_not_null() & (pl.col(reply) != "")) if reply else grouped
    doubled = known.group_by("participant_id").agg(pl.col(person).n_unique().alias("n")).filter(pl.col("n") > 1)
    if doubled.height:
        who = doubled["participant_id"].sort()[0]
        raise TidelabError(f"participant {who} has more than one {person}", where=person, mend="give each participant one value")
    sizes = known.group_by(person).agg(pl.col("participant_id").n_unique().alias("n")).sort(person)
    small = sizes.filter(pl.col("n") < k)
    cells = [
        Cell(factor, person, str(g), reply, "", 0, math.nan, math.nan, math.nan, f"under {k} people: suppressed") for g in small[person]
    ]
    kept = known.filter(~pl.col(person).is_in(small[person].implode()))
    hidden = ", ".join(map(str, small[person]))
    row = Preference(factor, person, reply, kept["participant_id"].n_unique(), suppressed=hidden)
    row = replace(row, no_group=ratings.height - grouped.height, no_kind=grouped.height - known.height)
    groups, group = np.unique(kept[person].to_numpy().astype(str), return_inverse=True)
    kinds, kind = (
        np.unique(kept[reply].to_numpy().astype(str), return_inverse=True) if reply else (np.array([""]), np.zeros(len(kept), dtype=int))
    )
    if len(groups) < 2 or (reply and len(kinds) < 2):
        what = f"{len(groups)} groups of {person} with at least {k} people" if len(groups) < 2 else f"one kind of {reply}"
        return replace(row, groups=len(groups), reason=f"{what}: nothing to compare"), cells, []
    names, participant = np.unique(kept["participant_id"].to_numpy().astype(str), return_inverse=True)
    item = np.unique(kept["conversation_id"].to_numpy().astype(str), return_inverse=True)[1]
    y = kept["value"].to_numpy().astype(np.float64)
    of_people = np.zeros(len(names), dtype=np.int64)
    of_people[participant] = group
    liking = _liking(y, participant, kind, len(names), len(kinds))
    linear = _interaction(y, group, kind, len(groups), len(kinds), participant, item)
    shown = f"{kinds[-1]} minus {kinds[0]}" if reply else ""
    values = [liking[(of_people == g) & ~np.isnan(liking)] for g in range(len(groups))]
    cells += [_cell(factor, person, str(name), reply, shown, v, k, confidence) for name, v in zip(groups, values, strict=True)]
    row = replace(row, groups=len(groups), f=linear[0], df1=linear[1], df2=linear[2], p_lmm=linear[3], reason=linear[4])
    row = _plain(row, values, k)
    if not row.plain:
        return row, cells, []
    pairs = group_pairs((factor, person, reply), [str(g) for g in groups], values, margin, confidence)
    return _with_pairs(row, pairs), cells, pairs


def _liking(y: Floats, participant: Codes, kind: Codes, people: int, kinds: int) -> Floats:
    """[people]: mean of the last kind minus mean of the first; the plain mean where there is one kind; NaN without both."""
    at = participant * kinds + kind
    counts = np.bincount(at, minlength=people * kinds)
    means = (np.bincount(at, y, people * kinds) / np.where(counts, counts, np.nan)).reshape(people, kinds)
    return np.asarray(means[:, -1] - means[:, 0] if kinds > 1 else means[:, 0])


def _interaction(
    y: Floats, group: Codes, kind: Codes, groups: int, kinds: int, participant: Codes, item: Codes
) -> tuple[float, float, float, float, str]:
    """F, its degrees of freedom, p and a reason of the group by kind interaction (of the groups where there is one kind)."""
    from tidelab.mixed.lmm import lmm

    of_group = [(group == g).astype(float) for g in range(1, groups)]
    of_kind = [(kind == m).astype(float) for m in range(1, kinds)]
    tested = [a * b for a in of_group for b in of_kind] if kinds > 1 else of_group
    others = [np.ones(len(y)), *(of_group if kinds > 1 else []), *of_kind]
    x, note = np.column_stack(others), ""
    usable: list[Floats] = []
    for column in tested:  # an empty cell leaves its column without information of its own
        wider = np.column_stack([x, *usable, column])
        if np.linalg.matrix_rank(wider) == wider.shape[1]:
            usable.append(column)
    if len(usable) < len(tested):
        note = f"empty cells: {len(usable)} of {len(tested)} contrasts can be tested"
    if not usable:
        return math.nan, math.nan, math.nan, math.nan, note
    factors = {"participant": participant, "item": item}
    if kinds > 1:
        # a person's own liking of a kind of reply, without which every rating of theirs would count as news about their group
        factors["participant:kind"] = np.unique(participant * kinds + kind, return_inverse=True)[1]
    fit = lmm(y, np.column_stack([x, *usable]), [""] * (x.shape[1] + len(usable)), factors)
    test = fit.test(np.eye(x.shape[1] + len(usable))[x.shape[1] :])
    return test.f, test.df1, test.df2, test.p, "; ".join(w for w in (note, test.reason) if w)


def _plain(row: Preference, values: list[Floats], k: int) -> Preference:
    from scipy.stats import kruskal, mannwhitneyu

    sizes = [len(v) for v in values]
    everything = np.concatenate(values)
    if min(sizes) < k or np.ptp(everything) < 1e-12:
        why = "all participants answer alike" if min(sizes) >= k else f"a group has under {k} people who rated both kinds"
        return replace(row, reason="; ".join(w for w in (row.reason, f"plain test: {why}") if w))
    if len(values) > 2:
        found = kruskal(*values)
        squared = float(found.statistic) / (len(everything) - 1)
        return replace(row, plain="Kruskal-Wallis", statistic=float(found.statistic), p_plain=float(found.pvalue), effect=squared)
    found = mannwhitneyu(values[1], values[0], alternative="two-sided")
    biserial = 2 * float(found.statistic) / (sizes[0] * sizes[1]) - 1
    return replace(row, plain="Mann-Whitney", statistic=float(found.statistic), p_plain=float(found.pvalue), effect=biserial)


def _with_pairs(row: Preference, pairs: list[GroupPair]) -> Preference:
    """The row with the pair of groups that differs most and the verdict on all pairs."""
    most, verdict = together(pairs)
    return replace(
        row,
        difference=most.difference,
        low=most.low,
        high=most.high,
        smallest_detectable=max(p.smallest_detectable for p in pairs),
        equivalent=verdict,
        pair=f"{most.second} minus {most.first}",
    )


def _cell(factor: str, person: str, group: str, reply: str, kinds: str, values: Floats, k: int, confidence: float) -> Cell:
    from scipy.stats import t

    if len(values) < k:
        return Cell(factor, person, group, reply, kinds, 0, math.nan, math.nan, math.nan, f"under {k} people: suppressed")
    mean = float(values.mean())
    half = float(t.ppf((1 + confidence) / 2, len(values) - 1)) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Cell(factor, person, group, reply, kinds, len(values), mean, mean - half, mean + half, "")


def _say(row: Preference) -> str:
    what = f"{row.factor}: {row.person}{f' by {row.reply}' if row.reply else ''}: "
    hidden = f" Not shown: {row.suppressed}." if row.suppressed else ""
    left = [f"{n} without {what}" for n, what in ((row.no_group, row.person), (row.no_kind, row.reply)) if n]
    hidden += f" Ratings left out: {', '.join(left)}." if left else ""
    if math.isnan(row.p_lmm) and math.isnan(row.p_plain):
        return f"{what}can't be said ({row.reason}).{hidden}"
    found = "a difference" if row.p_lmm_bh < 0.05 else "no difference is shown"
    parts = [f"{found} (mixed model {p_words(row.p_lmm)}, {p_words(row.p_lmm_bh)} after Benjamini-Hochberg"]
    parts.append(f"{row.plain} {p_words(row.p_plain)})" if row.plain else f"plain test: {row.reason})")
    text = what + "; ".join(parts) + "."
    if row.equivalent == "equivalent":
        text += " The groups are equivalent within the margin."
    elif row.plain and row.p_lmm_bh >= 0.05:
        text += f" No equivalence either: with power {POWER:g} only {row.smallest_detectable:.2f} points or more would have been found."
    return text + hidden
