"""Which system is chosen over which? Pairwise choices of people, by Bradley and Terry's model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tidelab.analysis.result import Answer, Result
from tidelab.analysis.words import p_words
from tidelab.errors import TidelabError

if TYPE_CHECKING:
    import polars as pl

ASKS = "Which system is chosen over which?"
NEEDED = ("participant_id", "first", "second", "chosen")
ALIKE = 1e-6  # log odds within which two strengths are one
OUTCOMES = {"first": 1.0, "second": 0.0, "tie": 0.5, "none": 0.5}


@dataclass(frozen=True)
class Strength:
    """One system."""

    system_id: str
    chosen: float  # choices won, a tie half
    of: int  # choices it was in
    strength: float  # log odds against the mean of all systems
    low: float
    high: float
    reason: str


@dataclass(frozen=True)
class Against:
    """One pair: how often the first would be chosen."""

    first: str
    second: str
    choices: int  # made between just these two
    log_odds: float
    probability: float
    low: float  # of the probability
    high: float
    p: float
    p_holm: float


def choices(rows: Sequence[Mapping[str, Any]], *, confidence: float = 0.95) -> Answer:
    """rows: participant_id, first, second (systems), chosen (`first`, `second`, `tie` or `none`, or the system's name).

    Raises TidelabError with the row where a choice is none of these, or a system is compared with itself.
    """
    from scipy.stats import t

    from tidelab.analysis.bradley_terry import bradley_terry, differ, interval
    from tidelab.analysis.holm import holm

    table = _checked(rows)
    names = sorted({*table["first"], *table["second"]})
    place = {name: i for i, name in enumerate(names)}
    first, second = (np.array([place[s] for s in table[c]], dtype=np.int64) for c in ("first", "second"))
    outcome = table["outcome"].to_numpy()
    people = np.unique(table["participant_id"].to_numpy().astype(str), return_inverse=True)[1]
    found = bradley_terry(first, second, outcome, names, people)
    strengths = []
    for i, name in enumerate(names):
        won = float(outcome[first == i].sum() + (1 - outcome[second == i]).sum())
        count = int((first == i).sum() + (second == i).sum())
        strengths.append(Strength(name, won, count, float(found.strengths[i]), *interval(found, i, confidence), found.reason))
    df = max(found.clusters - 1, 1)
    pairs, z = [], float(t.ppf((1 + confidence) / 2, df))
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            odds = float(found.strengths[i] - found.strengths[j])
            se = math.sqrt(max(float(found.covariance[i, i] + found.covariance[j, j] - 2 * found.covariance[i, j]), 0.0))
            met = int((((first == i) & (second == j)) | ((first == j) & (second == i))).sum())
            p = float(2 * t.sf(abs(odds) / se, df)) if se > 0 else math.nan
            pairs.append((names[i], names[j], met, odds, _logistic(odds), _logistic(odds - z * se), _logistic(odds + z * se), p))
    adjusted = holm([row[-1] for row in pairs])
    against = tuple(Against(*row, p_holm=p) for row, p in zip(pairs, adjusted, strict=True))
    settings: dict[str, Any] = {
        "confidence": confidence,
        "choices": len(outcome),
        "ties": found.ties,
        "participants": int(people.max()) + 1,
    }
    statistic, df1, df2, p = differ(found)
    test = (
        ""
        if math.isnan(p)
        else f" Systems {'differ' if p < 0.05 else 'are not shown to differ'} (F({df1}, {df2}) = {statistic:.2f}, {p_words(p)})."
    )
    settings |= {"f": statistic, "df1": df1, "df2": df2, "p": p}
    parts: dict[str, Result] = {"strengths": Result(Strength, tuple(strengths), settings), "pairs": Result(Against, against, settings)}  # type: ignore[type-arg]
    return Answer("choices", ASKS, parts, (_say(strengths, len(outcome), found.reason) + test,))


def _checked(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    import polars as pl

    if not rows:
        raise TidelabError("there are no choices", where="choices", mend="give one row for each choice")
    absent = [c for c in NEEDED if c not in rows[0]]
    if absent:
        raise TidelabError(f"the choices have no column {', '.join(absent)}", where="choices", mend=f"they need {', '.join(NEEDED)}")
    kept = []
    for number, row in enumerate(rows, 1):
        first, second, chosen = (str(row[c]).strip() for c in ("first", "second", "chosen"))
        if first == second:
            raise TidelabError(f"{first} is compared with itself", where=f"choices: row {number}", mend="remove or mend the row")
        word = {first: "first", second: "second"}.get(chosen, chosen)
        if word not in OUTCOMES:
            mend = f"write first, second, tie, {first} or {second}"
            raise TidelabError(f"{chosen!r} is no choice", where=f"choices: row {number}", mend=mend)
        kept.append({"participant_id": str(row["participant_id"]), "first": first, "second": second, "outcome": OUTCOMES[word]})
    return pl.DataFrame(kept)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if not math.isnan(x) else math.nan


def _say(strengths: list[Strength], count: int, reason: str) -> str:
    if reason and any(math.isnan(s.strength) for s in strengths):
        return f"{count:,} choices: strengths can't be given: {reason}."
    best, worst = max(s.strength for s in strengths), min(s.strength for s in strengths)
    if best - worst < ALIKE:
        return f"{count:,} choices: {_names(strengths)} are chosen alike."
    first, last = ([s for s in strengths if abs(s.strength - end) < ALIKE] for end in (best, worst))
    are, chance = "is" if len(first) == 1 else "are", _logistic(best - worst)
    return f"{count:,} choices: {_names(first)} {are} chosen most, over {_names(last)} in {chance:.0%} of choices by the model."


def _names(strengths: Sequence[Strength]) -> str:
    return " and ".join(s.system_id for s in strengths)
