import io

import polars as pl

from tidelab.report.tables import csv_tables


def test_the_csv_files_hold_every_row_and_unscored_cells_are_empty(study):
    tables = {name: pl.read_csv(io.StringIO(text), infer_schema_length=None) for name, text in csv_tables(study).items()}
    assert len(tables["means.csv"]) == len(study.means)
    assert len(tables["gains.csv"]) == len(study.gains)
    assert len(tables["ceiling.csv"]) == len(study.ceiling)
    assert len(tables["quarantine.csv"]) == 37
    sample = tables["means.csv"].filter(pl.col("source") == "sample")
    assert sample["low"].null_count() == len(sample)  # three personas: no interval
    assert "NaN" not in "".join(csv_tables(study).values())


def test_behaviour_is_per_source_and_floors_do_not_stop(study):
    table = pl.read_csv(io.StringIO(csv_tables(study)["behaviour.csv"]), infer_schema_length=None)
    assert len(table) == 2 * 9
    floors = table.filter(pl.col("system_id").str.starts_with("floor:"))
    assert floors["stopped"].null_count() == 6
    zero = table.filter(pl.col("system_id") == "nano-1m@zero-shot", pl.col("source") == "rehearsal")
    assert zero["stopped"][0] == 1 - 19 / 72  # 18 cut at the limit, one without a reply
    # Four of six themes have topic terms; only the nightmare's are in the replies.
    assert 0.24 < zero["on_topic"][0] < 0.27
