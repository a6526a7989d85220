"""Whatever lies in a file, a reader gives rows or a TidelabError, and what it gives fits into tables."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.corpus import source
from tidelab.errors import TidelabError
from tidelab.records import Conversation, Persona, Quarantined, Scenario, frame

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6
)
FIELDS = [*Conversation.model_fields, *Persona.model_fields, "unknown"]
ROW = st.fixed_dictionaries({"person": st.text(min_size=1), "chatbot": st.text(min_size=1)}).flatmap(
    lambda pair: st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6).map(lambda rest: {**pair, **rest})
)
ENTRIES = st.dictionaries(st.text(max_size=5), ROW | JSON, max_size=5).map(lambda entries: {"conversations": entries})
CSV = st.lists(st.lists(st.text(st.sampled_from('ab ",;\n\r\t\x00é'), max_size=8), max_size=4).map(",".join)).map("\n".join)


def reads(path):
    try:
        found = source.read(str(path))
    except TidelabError:
        return
    assert frame(Conversation, found.conversations)["conversation_id"].is_unique().all()
    assert {c.persona_id for c in found.conversations} == {p.persona_id for p in found.personas}
    for record, rows in ((Persona, found.personas), (Scenario, found.scenarios), (Quarantined, found.quarantined)):
        assert frame(record, rows).height == len(rows)
    json.dumps(found.warnings).encode()


@settings(max_examples=50, deadline=None)
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
@given(content=st.binary())
def test_arbitrary_bytes_in_a_file_never_crash_its_reader(suffix, content):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"talk.{suffix}"
        path.write_bytes(content)
        reads(path)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(ROW | JSON, min_size=1, max_size=8))
def test_arbitrary_json_in_lines_never_crashes(rows):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "talk.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows))
        reads(path)


@settings(max_examples=50, deadline=None)
@given(text=CSV)
def test_arbitrary_cells_after_a_good_header_never_crash(text):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "talk.csv"
        path.write_bytes(f"person,chatbot\n{text}".encode())
        reads(path)


@settings(max_examples=50, deadline=None)
@given(
    content=st.binary() | (ENTRIES | JSON).map(lambda value: json.dumps(value).encode()),
    metadata=st.binary() | JSON.map(lambda v: json.dumps(v).encode()),
)
def test_arbitrary_files_of_a_tide_directory_never_crash(content, metadata):
    with tempfile.TemporaryDirectory() as directory:
        for name, bytes_ in (("conversations/1_conversation.json", content), ("metadata/1_metadata.json", metadata)):
            (Path(directory) / name).parent.mkdir()
            (Path(directory) / name).write_bytes(bytes_)
        reads(directory)


@settings(max_examples=40, deadline=None)
@given(profile=st.dictionaries(st.sampled_from([*Persona.model_fields, "exhibited_behaviors", "other"]), JSON))
def test_arbitrary_profiles_never_crash(profile):
    with tempfile.TemporaryDirectory() as directory:
        for name, content in (
            ("conversations/1_conversation.json", {"conversations": {"1": {"person": "Hello.", "chatbot": "Hello."}}}),
            ("metadata/1_metadata.json", {"client_profile": profile}),
        ):
            (Path(directory) / name).parent.mkdir()
            (Path(directory) / name).write_text(json.dumps(content))
        reads(directory)
