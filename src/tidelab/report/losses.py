"""What is missing and why: unscored values, quarantined rows, flags; counted, with an example each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from tidelab.report.data import Study

MOST = 25  # groups shown; the tables hold all


def unscored(study: Study) -> pl.DataFrame:
    """source, system_id, reason, rows (values), replies, metrics (list), example: values that are NaN, largest groups first."""
    import polars as pl

    missing = study.scores.filter(pl.col("value").is_nan()).join(study.test.select("conversation_id", "source"), on="conversation_id")
    more = [pl.col("conversation_id").n_unique().cast(pl.Int64).alias("replies"), pl.col("metric").unique().sort().alias("metrics")]
    return _grouped(missing, ["source", "system_id", "reason"], *more)


def quarantined(study: Study) -> pl.DataFrame:
    """stage, reason, rows, example, where, raw."""
    import polars as pl

    more = [pl.col("where").first(), pl.col("raw").first()]
    return _grouped(study.quarantine.sort("conversation_id"), ["stage", "reason"], *more)


def flagged(study: Study) -> pl.DataFrame:
    """check, rows, example, message."""
    import polars as pl

    return _grouped(study.flags.sort("conversation_id"), ["check"], pl.col("message").first())


def shown(groups: pl.DataFrame) -> tuple[list[dict[str, Any]], int]:
    """The first `MOST` groups, and how many rows the others hold."""
    return groups.head(MOST).to_dicts(), int(groups.slice(MOST)["rows"].sum())


def _grouped(rows: pl.DataFrame, keys: list[str], *more: pl.Expr) -> pl.DataFrame:
    import polars as pl

    groups = rows.group_by(keys).agg(pl.len().alias("rows").cast(pl.Int64), pl.col("conversation_id").min().alias("example"), *more)
    return groups.sort(["rows", *keys], descending=[True] + [False] * len(keys))
