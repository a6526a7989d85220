"""The report's tables as CSV, for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidelab.report.data import Study


def csv_tables(study: Study) -> dict[str, str]:
    """File name under `tables/` -> CSV text; NaN is an empty cell."""
    import polars as pl

    from tidelab.report.behaviour import behaviours

    frames = {
        "means.csv": study.means,
        "gains.csv": study.gains,
        "ceiling.csv": study.ceiling,
        "quarantine.csv": study.quarantine.select("conversation_id", "persona_id", "stage", "reason", "where"),
        "behaviour.csv": pl.DataFrame([vars(b) for b in behaviours(study)]),
    }
    return {name: frame.with_columns(pl.col(pl.Float64).fill_nan(None)).write_csv() for name, frame in frames.items()}
