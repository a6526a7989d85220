import polars as pl

from tests.report.runs import THEMES, corpus
from tidelab.report.choose import SHOWN, choose, choose_failing


def test_those_drawn_are_spread_over_sources_and_themes():
    table = corpus({"rehearsal": 20, "sample": 3}, None).filter(pl.col("split") == "test")
    chosen = table.filter(pl.col("conversation_id").is_in(choose(table, seed=7)))
    assert len(chosen) == SHOWN
    assert sorted(chosen["source"].value_counts()["count"]) == [SHOWN // 2] * 2
    assert set(chosen.filter(pl.col("source") == "rehearsal")["theme"]) == set(THEMES)


def test_the_seed_decides_and_the_order_of_rows_does_not():
    table = corpus({"rehearsal": 20}, None)
    assert choose(table, 7) == choose(table.reverse(), 7) != choose(table, 8)


def test_fewer_conversations_than_are_drawn_are_all_shown():
    table = corpus({"imported": 1}, None).head(5)
    assert sorted(choose(table, 7)) == sorted(table["conversation_id"])
    assert choose(table.clear(), 7) == []


def test_kinds_of_failure_take_turns_so_that_a_common_one_hides_no_rare_one():
    failed = {(f"c{i:03}", "a@zero-shot"): ("cut at the limit",) for i in range(200)} | {("x", "b@zero-shot"): ("no reply",)}
    more = choose_failing(failed, ["c000"], 7)
    assert "x" in more[:2]
    assert "c000" not in more
    assert len(more) == len(set(more)) == 24


def test_no_failure_adds_no_conversation():
    assert choose_failing({}, [], 7) == []
