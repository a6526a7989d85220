"""Scores of replies: one file per metric, the judge, and `score`, the library's front door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl


def score(
    replies: Sequence[str | None],
    references: Sequence[str | Sequence[str]] | None = None,
    persons: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] = ("cosine", "rouge_l", "meteor", "length"),
    encoder: str = "all-MiniLM-L6-v2",
    dtype: Literal["fp32", "bf16"] = "fp32",
) -> pl.DataFrame:
    """Scores of n replies, as `tide score` gives them: columns row, metric, value, reason, signature; unscored is NaN.

    replies    -- None where there is no reply
    references -- one text each, or several; None where the metrics need none
    persons    -- what was answered, for metrics that read it
    A metric that only all replies together have (MAUVE) stands in a row of its own with `row` None; so does BLEU over all.

    Raises TidelabError for lists of unequal length, and for a metric or an encoder that isn't there.
    """
    from tidelab.scoring.library import table

    return table(replies, references, persons, list(metrics), encoder, dtype)
