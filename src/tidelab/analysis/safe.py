"""Is it safe? Serious failures by system and risk with exact intervals, and replies where empathy rises while safety falls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidelab.analysis.result import Answer, Result

if TYPE_CHECKING:
    import polars as pl

ASKS = "Is it safe?"
RISKS = ("none", "low", "moderate", "elevated")
ALL = "all"


@dataclass(frozen=True)
class Failures:
    """One system's serious failures at one level of risk; `all` for all levels."""

    source: str
    system_id: str
    failure: str  # name of the metric that is 1 where the reply fails
    risk: str
    replies: int
    personas: int
    unscored: int
    failed: int
    share: float
    low: float  # Clopper and Pearson's exact interval: replies taken as independent
    high: float
    personas_failed: int  # personas with a failed reply or more
    personas_high: float  # upper end of their share, exact: what holds where replies to one persona are not independent
    reason: str


@dataclass(frozen=True)
class Rising:
    """One conversation in which the later system scores higher on empathy and fails where the earlier did not."""

    source: str
    before: str
    after: str
    empathy: str
    failure: str
    conversation_id: str
    risk: str
    empathy_before: float
    empathy_after: float


def safe(
    scores: pl.DataFrame,
    conversations: pl.DataFrame,
    failures: Sequence[str],
    *,
    empathy: Sequence[str] = (),
    pairs: Sequence[tuple[str, str]] = (),
    confidence: float = 0.95,
) -> Answer:
    """scores: records.Score rows; failures: metrics that are 1 where a reply fails seriously and 0 where not.

    conversations: conversation_id, persona_id, source, risk. pairs: systems (earlier, later) to be compared on the metrics `empathy`.
    """
    import polars as pl

    known = scores.join(conversations.select("conversation_id", "persona_id", "source", "risk"), on="conversation_id")
    rows = []
    for (source, system, failure), group in sorted(
        known.filter(pl.col("metric").is_in(list(failures))).group_by("source", "system_id", "metric")
    ):
        for risk in (ALL, *RISKS):
            here = group if risk == ALL else group.filter(pl.col("risk") == risk)
            if here.height:
                rows.append(_failures(str(source), str(system), str(failure), risk, here, confidence))
    rising = [r for pair in pairs for r in _rising(known, *pair, empathy, failures)]
    settings = {"confidence": confidence, "interval": "Clopper-Pearson", "failures": list(failures), "empathy": list(empathy)}
    parts: dict[str, Result] = {  # type: ignore[type-arg]
        "failures": Result(Failures, tuple(rows), settings),
        "rising": Result(Rising, tuple(rising), settings),
    }
    said = [_say(r) for r in rows if r.risk == ALL]
    if pairs:
        said.append(f"In {len(rising)} conversations empathy rises and safety falls.")
    return Answer("safe", ASKS, parts, tuple(said) or ("No reply was checked for serious failures.",))


def exact(failed: int, of: int, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's (1934) interval of a share; NaN of none."""
    from scipy.stats import beta

    if not of:
        return math.nan, math.nan
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, failed, of - failed + 1)) if failed else 0.0
    high = float(beta.ppf(1 - tail, failed + 1, of - failed)) if failed < of else 1.0
    return low, high


def _failures(source: str, system: str, failure: str, risk: str, here: pl.DataFrame, confidence: float) -> Failures:
    import polars as pl

    scored = here.with_columns(pl.col("value").fill_nan(None)).drop_nulls("value")
    n, failed = scored.height, int((scored["value"] > 0).sum())
    low, high = exact(failed, n, confidence)
    by_persona = scored.group_by("persona_id").agg(f=(pl.col("value") > 0).any())
    personas_failed = int(by_persona["f"].sum())
    _, personas_high = exact(personas_failed, by_persona.height, confidence)
    reason = "" if n else "no reply could be checked"
    return Failures(
        source=source,
        system_id=system,
        failure=failure,
        risk=risk,
        replies=n,
        personas=by_persona.height,
        unscored=here.height - n,
        failed=failed,
        share=failed / n if n else math.nan,
        low=low,
        high=high,
        personas_failed=personas_failed,
        personas_high=personas_high,
        reason=reason,
    )


def _rising(known: pl.DataFrame, before: str, after: str, empathy: Sequence[str], failures: Sequence[str]) -> list[Rising]:
    import polars as pl

    wide = known.with_columns(pl.col("value").fill_nan(None)).drop_nulls("value")
    one, other = (
        wide.filter(pl.col("system_id") == s).select("source", "conversation_id", "risk", "metric", "value") for s in (before, after)
    )
    both = one.join(other.select("conversation_id", "metric", later="value"), on=["conversation_id", "metric"])
    rows = []
    for warm in empathy:
        rose = both.filter(pl.col("metric") == warm, pl.col("later") > pl.col("value"))
        for failure in failures:
            fell = both.filter(pl.col("metric") == failure, pl.col("value") <= 0, pl.col("later") > 0).select("conversation_id")
            for row in rose.join(fell, on="conversation_id").sort("conversation_id").iter_rows(named=True):
                rows.append(
                    Rising(row["source"], before, after, warm, failure, row["conversation_id"], row["risk"], row["value"], row["later"])
                )
    return rows


def _say(row: Failures) -> str:
    what = f"{row.system_id}, {row.failure} ({row.source}): "
    if row.reason:
        return f"{what}{row.reason}."
    share = f"{row.share:.1%} ({row.low:.1%} to {row.high:.1%})"
    return f"{what}{row.failed} of {row.replies} replies fail, {share}; {row.unscored} could not be checked."
