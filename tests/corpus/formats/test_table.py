import csv
import datetime

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidelab.corpus.formats import table
from tidelab.errors import TidelabError

HELLO = "I went back, after years."
REPLY = 'You went back, and "years" is a long time.'


def written(tmp_path, text, **how):
    path = tmp_path / "talk.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(**how))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_with_any_usual_separator_quotes_and_line_breaks_is_read(tmp_path, separator, encoding):
    path = tmp_path / "talk.csv"
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=separator).writerows([["id", "person", "chatbot"], ["a", HELLO + "\nThen I left.", REPLY]])
    (found,) = table.read_csv(path).conversations
    assert (found.person, found.chatbot) == (HELLO + "\nThen I left.", REPLY)
    assert found.provenance == {"file": "talk.csv", "line": 2, "columns": {"id": "a"}}


def test_numbers_in_csv_become_numbers_where_a_persona_has_them_and_text_elsewhere(tmp_path):
    path = written(tmp_path, "persona_id,age,severity,years_since_trauma,gender,person,chatbot\n7,34,41,2.5,2,911,Who answered?\n")
    found = table.read_csv(path)
    (persona,) = found.personas
    assert (persona.persona_id, persona.age, persona.severity, persona.years_since_trauma, persona.gender) == ("7", 34, 41, 2.5, "2")
    assert found.conversations[0].person == "911"


def test_empty_cells_are_missing_values(tmp_path):
    found = table.read_csv(written(tmp_path, f"persona_id,age,risk,person,chatbot\n,,,{HELLO.replace(',', '')},Yes.\n"))
    assert found.personas[0].age is None
    assert found.conversations[0].risk == "none"


def test_bad_csv_rows_are_quarantined_with_their_line_and_the_rest_is_used(tmp_path):
    lines = [
        b"person,chatbot",
        b"one,fine",
        b"two",
        b"three,with,too many",
        b"caf\xe9,not utf-8",
        b"five,",
        b'"two\nlines",fine too',
        b'"stray"quote,here',
        b"nul\x00,byte",
        b"last,fine",
        b'"half-writ',
    ]
    found = table.read_csv(written(tmp_path, b"\n".join(lines)))
    assert [c.person for c in found.conversations] == ["one", "two\nlines", "last"]
    reasons = {q.where: q.reason for q in found.quarantined}
    assert set(reasons) == {f"talk.csv:{line}" for line in (3, 4, 5, 6, 9, 10, 12)}
    assert "1 fields where the header names 2" in reasons["talk.csv:3"]
    assert "UTF-8" in reasons["talk.csv:5"]
    assert "empty" in reasons["talk.csv:6"]
    assert "NUL" in reasons["talk.csv:10"]
    assert "half-written" in reasons["talk.csv:12"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("question,answer\na,b\n", "no column `person`, `chatbot`"),
        ("person,reply\na,b\n", "no column `chatbot`"),
        ("person,chatbot,person\na,b,c\n", "`person` twice"),
        ("person,chatbot\n", "no conversations"),
        ("\n", "empty"),
        ("x" * 200_000, "no readable header"),
    ],
)
def test_a_csv_that_is_no_table_of_conversations_says_so_with_a_mend(tmp_path, text, what):
    with pytest.raises(TidelabError) as raised:
        table.read_csv(written(tmp_path, text))
    assert what in raised.value.what
    assert raised.value.mend


def test_nameless_columns_that_a_spreadsheet_leaves_at_the_end_are_no_fault(tmp_path):
    (found,) = table.read_csv(written(tmp_path, "person,chatbot,,\nHello there.,Hello.,,\n")).conversations
    assert "columns" not in found.provenance


def parquet(tmp_path, **columns):
    path = tmp_path / "talk.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return path


def test_parquet_keeps_types_and_missing_values_apart(tmp_path):
    found = table.read_parquet(
        parquet(
            tmp_path,
            conversation_id=[1.0, 2.0, None],
            persona_id=["a", "a", "b"],
            age=[30.0, 30.0, float("nan")],
            behaviors=[["avoidance"], ["avoidance"], []],
            day=[datetime.date(2026, 1, 2)] * 3,
            person=["one", "two", "three"],
            chatbot=["yes", None, "yes"],
        )
    )
    assert [c.conversation_id for c in found.conversations] == ["1", "row-000003"]
    assert [(p.age, p.behaviors) for p in found.personas] == [(30, ["avoidance"]), (None, [])]
    assert found.conversations[0].provenance == {"file": "talk.parquet", "row": 1, "columns": {"day": "2026-01-02"}}
    assert [(q.where, q.conversation_id) for q in found.quarantined] == [("talk.parquet:row 2", "2")]


def test_a_parquet_row_that_is_not_utf8_is_quarantined_and_the_rest_is_used(tmp_path):
    raw = pa.Array.from_buffers(pa.string(), 2, pa.array([b"fine", b"caf\xe9"], pa.binary()).buffers())
    pq.write_table(pa.table({"person": raw, "chatbot": ["yes", "yes"]}), tmp_path / "talk.parquet")
    found = table.read_parquet(tmp_path / "talk.parquet")
    assert [c.person for c in found.conversations] == ["fine"]
    assert found.quarantined[0].where == "talk.parquet:row 2"


def test_a_half_written_parquet_is_an_error_that_says_so(tmp_path):
    path = parquet(tmp_path, person=["one"] * 1_000, chatbot=["yes"] * 1_000)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TidelabError, match="not a readable Parquet file") as raised:
        table.read_parquet(path)
    assert "half-written" in raised.value.mend


def test_a_parquet_without_the_columns_names_those_it_has(tmp_path):
    with pytest.raises(TidelabError) as raised:
        table.read_parquet(parquet(tmp_path, question=["a"], answer=["b"]))
    assert "question, answer" in raised.value.mend
