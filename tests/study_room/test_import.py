"""Ratings from elsewhere: wide, long, nested; every check with its count; whatever can't be used is kept with its reason."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.study import tide
from tidelab.errors import TidelabError
from tidelab.study.ages import band
from tidelab.study.columns import load
from tidelab.study.importing import read

LONG = {"form": "long", "participant": "who", "factor": "factor"}


def write(tmp_path, text, **columns):
    (tmp_path / "data.csv").write_text(text, "utf-8")
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(columns))
    return tmp_path / "data.csv", load(str(tmp_path / "map.yaml"))


def test_a_long_table_with_every_fault_keeps_what_is_good_and_counts_the_rest(tmp_path):
    rows = [
        "a,c1,s,e,4",
        "a,c1,s,e,4",
        "a,c1,s,e,5",
        "a,c2,s,e,9",
        "a,c3,s,e,lots",
        "a,c4,s,e,",
        "b,c1,s,e,3 - somewhat",
        "b,,s,e,2",
        ",c1,s,e,1",
        "b,c2,s,e,2.5",
    ]
    found = read(*write(tmp_path, "who,conversation_id,system_id,factor,value\n" + "\n".join(rows) + "\n", **LONG))
    assert [(r["participant_id"], r["value"]) for r in found.ratings.to_dicts()] == [("a", 4.0), ("b", 3.0), ("b", 2.5)]
    counts = {k: v for k, v in found.checks.items() if v}
    assert counts == {"out of range": 1, "doubled": 2, "no number": 1, "not given": 1, "without a name": 2, "ratings": 3, "participants": 2}
    reasons = " ".join(found.quarantine["reason"])
    assert "9 lies outside 1 to 5" in reasons and "another value, 4" in reasons and "'lots' is no rating" in reasons
    assert "data.csv: row 4" in found.quarantine["where"].to_list()
    assert found.checks["ratings"] + found.quarantine.height + found.checks["not given"] == len(rows)


def test_a_qualtrics_table_is_wide_with_two_more_headings_and_words(tmp_path):
    text = (
        "ResponseId,Duration (in seconds),StartDate,EndDate,Finished,c1_sysA_emp,c1_sysB_emp,Age\n"
        '"Response ID","Duration","Start","End","Finished","How empathetic?","How empathetic?","Age"\n'
        '"{""ImportId"":""x""}",,,,,,,\n'
        "R_1,600,2026-01-02 10:00:00,2026-01-02 10:10:00,1,Very,2,41\nR_2,-5,2026-01-02 10:00:00,2026-01-02 09:00:00,0,3,3,17\n"
    )
    columns = {
        "form": "wide",
        "participant": "ResponseId",
        "pattern": r"(?P<conversation_id>c\d+)_(?P<system_id>\w+)_(?P<factor>\w+)",
        "skip_rows": 2,
        "words": {"Very": 5},
        "seconds": "Duration (in seconds)",
        "finished": "Finished",
    }
    found = read(*write(tmp_path, text, **columns))
    assert sorted(found.ratings.select("conversation_id", "system_id", "value").iter_rows()) == [
        ("c1", "sysA", 3.0),
        ("c1", "sysA", 5.0),
        ("c1", "sysB", 2.0),
        ("c1", "sysB", 3.0),
    ]
    first, second = found.participants.to_dicts()
    assert (first["seconds"], first["completed"], first["flags"]) == (600.0, True, [])
    assert (second["seconds"], second["completed"], second["flags"]) == (None, False, ["impossible times"])
    assert "alpha" in found.notes[-1] and "emp" in found.notes[-1]


def test_straight_lining_is_flagged_and_prolifics_demographics_are_joined(tmp_path):
    text = "who,conversation_id,system_id,factor,value,began,ended\n"
    text += "".join(
        f"p{p},c{i},s,e,{4 if p == 1 else 1 + i % 5},2026-01-01T10:00:00Z,2026-01-01T10:2{p}:00Z\n" for p in (1, 2) for i in range(10)
    )
    (tmp_path / "prolific.csv").write_text(
        "Participant id,Status,Age,Sex\np1,APPROVED,41,Female\np2,APPROVED,CONSENT_REVOKED,CONSENT_REVOKED\n"
    )
    data, columns = write(tmp_path, text, **LONG, start="began", end="ended")
    found = read(data, columns, tmp_path / "prolific.csv")
    first, second = found.participants.to_dicts()
    assert first["flags"] == ["straight-lining"] and (first["age_group"], first["gender"], first["seconds"]) == ("35-44", "Female", 1260.0)
    assert second["flags"] == [] and (second["age_group"], second["gender"]) == ("", "")
    assert found.checks["straight-lining"] == 1


def test_nested_json_is_entered_by_its_levels_and_zero_is_a_name(tmp_path):
    rows = [{"part": n, "pos": {"id": f"x{n}", "A": {"e": 4, "n": 2}, "B": {"e": 5}}} for n in (0, 1)]
    (tmp_path / "d.json").write_text(json.dumps(rows))
    columns = {
        "form": "json",
        "participant": "part",
        "levels": [{"name": "half", "keys": ["pos", "neg"]}, {"name": "system_id", "keys": ["A", "B"]}],
    }
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(columns | {"conversation_id": "{half}.id", "factors": ["e", "n"]}))
    found = read(tmp_path / "d.json", load(str(tmp_path / "map.yaml")))
    assert found.checks["ratings"] == 6 and found.checks["not given"] == 2
    assert set(found.ratings["participant_id"]) == {"0", "1"} and "not computable" in found.notes[-1]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"form": "wide", "participant": "p"}, "needs `pattern` or `columns`"),
        ({"form": "wide", "participant": "p", "pattern": "(?P<factor>x)"}, "lacks the group"),
        ({"form": "wide", "participant": "p", "pattern": "(("}, "no regular expression"),
        ({"form": "json", "participant": "p"}, "needs `levels` and `factors`"),
        ({"form": "long", "participant": "p"}, "needs `factor`"),
        ({"form": "long", "participant": "p", "factor": "f", "about": {"shoe": "x"}}, "no field `shoe`"),
        ({"form": "long", "participant": "p", "factor": "f", "valu": "x"}, "did you mean `value`"),
    ],
)
def test_a_map_that_is_wrong_is_told(tmp_path, columns, told):
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(columns))
    with pytest.raises(TidelabError) as error:
        load(str(tmp_path / "map.yaml"))
    assert told in str(error.value)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "who,who,conversation_id,system_id,factor,value\n", ""])
def test_a_table_without_the_maps_columns_is_told(tmp_path, text):
    data, columns = write(tmp_path, text, **LONG)
    with pytest.raises(TidelabError):
        read(data, columns)


@given(st.text(max_size=30))
def test_whatever_stands_in_a_cell_is_a_rating_within_the_scale_or_kept_with_its_reason(tmp_path_factory, raw):
    from tidelab.study.columns import Map
    from tidelab.study.importing import Cell, _value

    value, kind, reason = _value(Cell("a", "c", "s", "f", raw, "row 1"), Map(**LONG))
    assert (1 <= value <= 5 and not kind) or (kind and (reason or kind == "not given"))


@pytest.mark.parametrize(
    ("years", "found"), [("18", "18-24"), ("24", "18-24"), ("75", "75+"), ("17", ""), ("abc", ""), ("", ""), ("300", "")]
)
def test_ages_become_the_bands_of_the_study(years, found):
    assert band(years) == found


def test_the_verb_writes_tables_and_asks_where(tmp_path):
    write(tmp_path, "who,conversation_id,system_id,factor,value\na,c,s,e,4\n", **LONG)
    arguments = ("study", "import", str(tmp_path / "data.csv"), "--map", str(tmp_path / "map.yaml"))
    with pytest.raises(TidelabError, match="say where"):
        tide(*arguments)
    code, out = tide(*arguments, "--out", str(tmp_path / "out"))
    assert code == 0 and "1 ratings by 1 participants" in out and (tmp_path / "out" / "ratings.parquet").exists()
    with pytest.raises(TidelabError, match="no such column map"):
        tide("study", "import", "x.csv", "--map", "absent", "--out", str(tmp_path))
