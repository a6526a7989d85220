import polars as pl

from tests.report.runs import THEMES, corpus
from tidelab.report.choose import choose


def test_twelve_are_spread_over_sources_and_themes():
    table = corpus({"rehearsal": 20, "sample": 3}, None).filter(pl.col("split") == "test")
    chosen = table.filter(pl.col("conversation_id").is_in(choose(table, seed=7)))
    assert len(chosen) == 12
    assert sorted(chosen["source"].value_counts()["count"]) == [6, 6]
    assert set(chosen.filter(pl.col("source") == "rehearsal")["theme"]) == set(THEMES)


def test_the_seed_decides_and_the_order_of_rows_does_not():
    table = corpus({"rehearsal": 20}, None)
    assert choose(table, 7) == choose(table.reverse(), 7) != choose(table, 8)


def test_fewer_conversations_than_twelve_are_all_shown():
    table = corpus({"imported": 1}, None).head(5)
    assert sorted(choose(table, 7)) == sorted(table["conversation_id"])
    assert choose(table.clear(), 7) == []
