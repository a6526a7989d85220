import json
import shutil

import polars as pl
import pytest

from tidelab.corpus import source
from tidelab.errors import TidelabError

PAIR = {"person": "I keep hearing it at night.", "chatbot": "The nights sound long."}


@pytest.fixture
def sets(tmp_path):
    """The same conversation in each form."""
    (tmp_path / "tide" / "conversations").mkdir(parents=True)
    (tmp_path / "tide" / "conversations" / "1_conversation.json").write_text(json.dumps({"conversations": {"1": PAIR}}))
    (tmp_path / "talk.jsonl").write_text(json.dumps(PAIR))
    (tmp_path / "talk.NDJSON").write_text(json.dumps(PAIR))
    pl.DataFrame([PAIR]).write_csv(tmp_path / "talk.csv")
    pl.DataFrame([PAIR]).write_csv(tmp_path / "talk.tsv", separator="\t")
    pl.DataFrame([PAIR]).write_parquet(tmp_path / "talk.parquet")
    return tmp_path


@pytest.mark.parametrize("name", ["tide", "talk.jsonl", "talk.NDJSON", "talk.csv", "talk.tsv", "talk.parquet"])
def test_each_form_is_told_by_its_name_and_read(sets, name):
    (conversation,) = source.read(str(sets / name)).conversations
    assert (conversation.person, conversation.chatbot) == (PAIR["person"], PAIR["chatbot"])


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("absent.jsonl", "there is no data set"),
        ("absent", "there is no data set"),
        ("x" * 5_000, "there is no data set"),
        ("nul\x00", "there is no data set"),
        ("empty", "no TIDE conversations"),
        ("empty.csv", "is empty"),
        ("empty.parquet", "is empty"),
        ("notes.docx", "no form that tidelab reads"),
    ],
)
@pytest.mark.parametrize("face", [source.read, source.identity])
def test_what_is_no_data_set_is_an_error_with_place_and_mend_before_anything_runs(tmp_path, face, name, what):
    (tmp_path / "empty").mkdir()
    for empty in ("empty.csv", "empty.parquet", "notes.docx"):
        (tmp_path / empty).touch()
    with pytest.raises(TidelabError) as raised:
        face(str(tmp_path / name))
    assert what in raised.value.what
    assert raised.value.where
    assert raised.value.mend


def test_a_home_of_nobody_is_no_data_set():
    with pytest.raises(TidelabError, match="there is no data set"):
        source.read("~nobody-of-this-name/talk.jsonl")


@pytest.mark.parametrize("name", ["tide", "talk.jsonl"])
def test_a_moved_data_set_stays_itself_and_a_changed_one_does_not(sets, name):
    before = source.identity(str(sets / name))
    (sets / "elsewhere").mkdir()
    moved = sets / "elsewhere" / name
    shutil.move(sets / name, moved)
    assert source.identity(str(moved)) == before
    changed = moved / "conversations" / "1_conversation.json" if moved.is_dir() else moved
    changed.write_text(changed.read_text() + " ")
    assert source.identity(str(moved)) != before
