"""A judge that is unfit, or was never examined, is marked wherever its figures stand: the mark becomes part of its metric's name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from tidelab.report.answers import Told


def marked_names(scores: pl.DataFrame) -> dict[str, str]:
    """Metric -> `judge_overall (unfit judge)`, for those whose signatures say so."""
    from tidelab.analysis.metrics_people import judges

    return {metric: f"{metric} ({mark})" for metric, mark in judges(scores).items()}


def frame(table: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """The table with its column `metric` by the marked names."""
    import polars as pl

    return table.with_columns(pl.col("metric").replace(dict(names))) if names and "metric" in table.columns else table


def told(answer: Told, names: Mapping[str, str]) -> Told:
    """An answer with the marked names in its sentences and tables."""
    if not names:
        return answer
    anyone = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b(?! \()")
    reading = [anyone.sub(lambda m: names[m[1]], sentence) for sentence in answer.reading]
    parts = {
        part: [{column: names.get(value, value) if isinstance(value, str) else value for column, value in row.items()} for row in rows]
        for part, rows in answer.parts.items()
    }
    return dataclasses.replace(answer, reading=reading, parts=parts)
