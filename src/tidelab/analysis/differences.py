"""Paired differences of two systems, by conversation: what gains, scenarios and gaps are computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

KEYS = ("source", "metric", "conversation_id", "persona_id")


def paired(scores: pl.DataFrame, conversations: pl.DataFrame, before: str, after: str) -> pl.DataFrame:
    """source, metric, conversation_id, persona_id, before, after, difference: pairs in which both are scored, in order of conversation.

    scores: records.Score rows; conversations: conversation_id, persona_id, source and any more columns, which are kept.
    """
    import polars as pl

    one, other = (
        scores.filter(pl.col("system_id") == system).select("conversation_id", "metric", pl.col("value").fill_nan(None).alias(name))
        for system, name in ((before, "before"), (after, "after"))
    )
    both = one.join(other, on=["conversation_id", "metric"]).drop_nulls(["before", "after"])
    known = both.join(conversations, on="conversation_id").sort("conversation_id")
    return known.with_columns(difference=pl.col("after") - pl.col("before"))


def unpaired(scores: pl.DataFrame, conversations: pl.DataFrame, before: str, after: str) -> pl.DataFrame:
    """source, metric, conversation_id: what `paired` leaves out, since one of both systems, or both, has no score there."""
    import polars as pl

    either = scores.filter(pl.col("system_id").is_in([before, after]))
    scored = pl.col("value").fill_nan(None).is_not_null() & (pl.col("system_id") == before)
    other = pl.col("value").fill_nan(None).is_not_null() & (pl.col("system_id") == after)
    told = either.group_by("metric", "conversation_id").agg(whole=scored.any() & other.any()).filter(~pl.col("whole"))
    return told.join(conversations.select("conversation_id", "source"), on="conversation_id").select("source", "metric", "conversation_id")
