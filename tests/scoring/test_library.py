import math

import polars as pl
import pytest

from tidelab import scoring
from tidelab.errors import TidelabError


def test_three_lines_score_replies(english):
    table = scoring.score([b for _, b in english], [a for a, _ in english], metrics=["rouge_l", "meteor", "bleu"])
    whole = table.filter(pl.col("row").is_null())
    assert whole["metric"].to_list() == ["bleu"]
    assert table.filter(pl.col("metric") == "meteor").height == len(english)
    assert table["signature"].str.starts_with(table["metric"]).all()


def test_a_missing_reply_is_nan_with_a_reason_and_several_references_give_the_best():
    table = scoring.score([None, "I hear you"], [["x"], ["other words", "I hear you"]], metrics=["rouge_l"])
    assert math.isnan(table["value"][0])
    assert table["reason"][0] == "no reply"
    assert table["value"][1] == 1.0


def test_persons_reach_the_metrics_that_read_them_and_no_references_are_needed_for_those_that_need_none():
    table = scoring.score(["my hands would not stop"], persons=["my hands would not stop"], metrics=["copying", "length", "rouge_l"])
    assert table["value"].to_list()[:2] == [1.0, 5.0]
    assert "reference" in table["reason"][2]


def test_lists_of_unequal_length_and_unknown_metrics_are_the_users_to_mend():
    with pytest.raises(TidelabError, match="2 replies and 1 entries of references"):
        scoring.score(["a", "b"], ["a"])
    with pytest.raises(TidelabError, match="one text of references"):
        scoring.score(["a"], "a")
    with pytest.raises(TidelabError, match="unknown metric"):
        scoring.score(["a"], ["a"], metrics=["rogue"])


def test_no_replies_make_an_empty_table():
    assert scoring.score([], [], metrics=["rouge_l", "bleu"]).height == 0
