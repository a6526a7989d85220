import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.analysis.ratings import check, read, tell
from tidelab.errors import TidelabError

GOOD = {"conversation_id": "c1", "system_id": "a", "participant_id": "p1", "factor": "e", "value": 3}


def rows(*changes):
    return [{**GOOD, **c} for c in changes]


def found(*changes, **more):
    """(row, what, used) of every row that was set aside or changed."""
    return [(a.row, a.what, a.used) for a in check([GOOD, *rows(*changes)], **more).aside.rows]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"participant_id": "mean"}, "summary row"),
        ({"conversation_id": "StDev"}, "summary row"),
        ({"system_id": "Average:"}, "summary row"),
        ({"participant_id": "p2", "value": 9}, "out of scale"),
        ({"participant_id": "p2", "value": -1}, "out of scale"),
        ({"participant_id": "p2", "value": '```json\n{"rating": 4}\n```'}, "fenced JSON"),
        ({"participant_id": "p2", "value": '{"rating": 4}'}, "fenced JSON"),
        ({"participant_id": "p2", "value": "four"}, "not a number"),
        ({"participant_id": "p2", "value": True}, "not a number"),
        ({"participant_id": "p2", "value": None}, "missing"),
        ({"participant_id": "p2", "value": float("nan")}, "missing"),
        ({"participant_id": "p2", "value": "N/A"}, "missing"),
        ({"participant_id": ""}, "missing"),
    ],
)
def test_a_suspect_row_is_named_with_its_reason_and_not_used(change, what):
    assert found(change) == [(2, what, False)]


@pytest.mark.parametrize(("text", "value"), [("4", 4), (" 4.0 ", 4), ("3,5", 3.5)])
def test_a_number_as_text_is_read_and_said(text, value):
    ratings = check(rows({}, {"participant_id": "p2", "value": text}))
    assert ratings.table["value"].to_list() == [3, value]
    assert [(a.what, a.used) for a in ratings.aside.rows] == [("number as text", True)]
    assert ratings.unused == 0


def test_a_doubled_row_counts_once_and_contradicting_rows_count_not_at_all():
    other = {"participant_id": "p2"}
    ratings = check(rows({}, {}, {**other, "value": 2}, {**other, "value": 5}, {**other, "value": 2}))
    assert ratings.table["participant_id"].to_list() == ["p1"]
    assert [(a.row, a.what) for a in ratings.aside.rows] == [(2, "doubled"), (3, "contradicts"), (4, "contradicts"), (5, "doubled")]
    assert ratings.unused == 4


def test_participants_called_like_words_that_hold_a_summary_are_people():
    assert found({"participant_id": "meaney"}, {"participant_id": "maximilian"}, {"participant_id": "sdq-7"}) == []


def test_a_missing_column_names_those_that_are_there_and_the_option_that_renames():
    with pytest.raises(
        TidelabError, match="no column participant_id; they have conversation_id, factor, system_id, value, worker"
    ) as error:
        check([{("worker" if k == "participant_id" else k): v for k, v in GOOD.items()}])
    assert "--column" in error.value.mend
    renamed = check([{("worker" if k == "participant_id" else k): v for k, v in GOOD.items()}], columns={"participant_id": "worker"})
    assert renamed.table["participant_id"].to_list() == ["p1"]


def test_nothing_usable_is_an_error_that_counts_why():
    with pytest.raises(TidelabError, match="none of the 2 ratings can be used: 1 out of scale, 1 missing"):
        check(rows({"value": 40}, {"value": None}))


def test_absent_factor_and_source_are_filled_and_said():
    ratings = check([{k: v for k, v in GOOD.items() if k != "factor"}])
    assert ratings.table["factor"].to_list() == ["rating"]
    assert any("all ratings are of one factor" in line for line in tell(ratings))
    assert ratings.testable
    assert not check(rows({"source": "simulated"})).testable


def test_columns_about_people_are_kept_as_words():
    assert check(rows({"age_group": "65+", "seconds": 7.0})).table.select("age_group", "seconds").row(0) == ("65+", "7")


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "json", "jsonl"])
def test_every_format_gives_the_same_table(tmp_path, kind):
    table = pl.DataFrame(rows({}, {"participant_id": "p2", "value": 5}))
    path = tmp_path / f"ratings.{kind}"
    if kind in ("csv", "tsv"):
        table.write_csv(path, separator="\t" if kind == "tsv" else ",")
    elif kind == "parquet":
        table.write_parquet(path)
    else:
        plain = table.to_dicts()
        path.write_text(json.dumps(plain) if kind == "json" else "\n".join(map(json.dumps, plain)), "utf-8")
    ratings = read(path)
    assert ratings.table.select("participant_id", "value").rows() == [("p1", 3.0), ("p2", 5.0)]
    assert not ratings.aside.rows


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("r.json", "{", "can't be read"),
        ("r.json", '{"a": 1}', "no list of rows"),
        ("r.xlsx", "x", "are not read"),
        ("r.csv", "", "can't be read"),
    ],
)
def test_a_file_that_is_no_table_says_so_with_its_name(tmp_path, name, text, what):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(TidelabError, match=what) as error:
        read(tmp_path / name)
    assert name in error.value.where


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(TidelabError, match="no such file"):
        read(tmp_path / "none.csv")


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-3, 9), st.text(max_size=6), st.booleans()), max_size=12))
def test_every_row_is_used_or_named_whatever_its_value(values):
    raw = [GOOD] + [{**GOOD, "participant_id": f"p{i + 2}", "value": v} for i, v in enumerate(values)]
    ratings = check(raw)
    assert len(ratings.table) + ratings.unused == len(raw)
    assert ratings.table["value"].is_between(1, 5).all()
    assert all(a.reason for a in ratings.aside.rows)


@pytest.mark.parametrize("factor", ["mean", "Mean", "stdev", "SD", "median", "average"])
def test_a_row_whose_factor_is_a_summary_is_set_aside_and_named_and_is_never_a_factor(factor):
    rows = [
        {"conversation_id": f"c{i}", "system_id": "a", "participant_id": "p1", "factor": f, "value": 3}
        for i in range(3) for f in ("empathy", factor)
    ]  # fmt: skip
    found = check(rows)
    assert set(found.table["factor"]) == {"empathy"}
    assert [a.what for a in found.aside.rows] == ["summary row"] * 3
    assert f"factor is `{factor}`" in " ".join(tell(found))


def test_a_factor_that_is_called_total_is_a_factor():
    assert check([{"conversation_id": "c", "system_id": "a", "participant_id": "p", "factor": "total", "value": 3}]).table.height == 1
