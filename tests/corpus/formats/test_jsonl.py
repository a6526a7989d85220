import json

import pytest

from tidelab.corpus.formats import jsonl
from tidelab.errors import TidelabError
from tidelab.records import Conversation, frame, records, row

PAIR = {"person": "I keep hearing it at night.", "chatbot": "The nights sound long, and you are alone with it then."}


def written(tmp_path, *lines, end="\n"):
    path = tmp_path / "talk.jsonl"
    raw = [line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode() for line in lines]
    path.write_bytes(b"\n".join(raw) + end.encode())
    return path


def test_person_and_chatbot_are_enough_and_each_row_is_its_own_persona_with_a_warning(tmp_path):
    found = jsonl.read(written(tmp_path, PAIR, "", PAIR))
    assert [c.conversation_id for c in found.conversations] == ["row-000001", "row-000003"]
    assert [p.persona_id for p in found.personas] == ["row-000001", "row-000003"]
    assert found.conversations[1].provenance == {"file": "talk.jsonl", "line": 3}
    assert found.warnings == ["no `persona_id`: the conversation counts as a persona of its own (first at talk.jsonl:1, 2 times)"]


def test_fields_of_conversation_and_persona_are_taken_and_unknown_ones_kept(tmp_path):
    full = {
        **PAIR,
        "conversation_id": 12,
        "persona_id": "ada",
        "scenario_id": "s1",
        "theme": "arousal",
        "risk": "low",
        "licence": "CC0-1.0",
        "age": "34",
        "symptoms": ["B: intrusion"],
        "behaviors": "avoidance; startle",
        "mood": {"today": "tired"},
        "provenance": {"by": "a teacher"},
    }
    found = jsonl.read(written(tmp_path, full))
    (conversation,), (persona,), (scenario,) = found.conversations, found.personas, found.scenarios
    assert (conversation.conversation_id, conversation.risk, conversation.licence) == ("12", "low", "CC0-1.0")
    assert conversation.provenance == {"by": "a teacher", "file": "talk.jsonl", "line": 1, "columns": {"mood": {"today": "tired"}}}
    assert (persona.age, persona.behaviors) == (34, ["avoidance", "startle"])
    assert (scenario.scenario_id, scenario.theme) == ("s1", "arousal")
    assert not found.warnings


def test_rehearsed_rows_stay_marked_and_a_strange_source_is_only_noted(tmp_path):
    found = jsonl.read(written(tmp_path, {**PAIR, "source": "rehearsal"}, {**PAIR, "source": "reddit", "split": "test"}))
    assert [c.source for c in found.conversations] == ["rehearsal", "imported"]
    assert found.conversations[1].provenance["columns"] == {"source": "reddit", "split": "test"}
    assert found.conversations[1].split is None
    assert any("own split" in w for w in found.warnings)


def test_our_own_rows_come_back_as_they_were(tmp_path):
    path = written(tmp_path, {**PAIR, "persona_id": "ada", "theme": "mood"})
    once = jsonl.read(path)
    again = jsonl.read(written(tmp_path, *(row(c) for c in once.conversations)))
    assert again.conversations == once.conversations


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"person": "I ', "not valid JSON"),
        (b'{"person": "caf\xe9", "chatbot": "yes"}', "UTF-8"),
        ('["a", "b"]', "not a JSON object"),
        ({"person": "Only this."}, "`chatbot` (the reply) is missing"),
        ({"chatbot": "Only this."}, "`person` (what the person says) is missing"),
        ({**PAIR, "chatbot": "\u3000\n"}, "empty or blank"),
        ({**PAIR, "chatbot": ["a"]}, "not text but list"),
        ({**PAIR, "person": True}, "not text but bool"),
        ({**PAIR, "person": "a\x00b"}, "NUL"),
        ({**PAIR, "note": {"deep": ["\x00"]}}, "NUL"),
        ('{"person": "\\ud800", "chatbot": "half a surrogate"}', "UTF-8"),
        ({**PAIR, "risk": "high"}, "`risk`"),
        ({**PAIR, "conversation_id": "one"}, "already used at talk.jsonl:1"),
        ('{"person": "x", "chatbot": "y", "deep": ' + "[" * 200 + "]" * 200 + "}", "nested deeper"),
        ("[" * 100_000, "nesting"),
    ],
)
def test_a_bad_line_is_quarantined_with_its_number_and_the_rest_is_used(tmp_path, line, reason):
    found = jsonl.read(written(tmp_path, {**PAIR, "conversation_id": "one"}, line, PAIR))
    assert [c.conversation_id for c in found.conversations] == ["one", "row-000003"]
    (left_out,) = found.quarantined
    assert left_out.where == "talk.jsonl:2"
    assert reason in left_out.reason
    assert left_out.raw
    assert len(left_out.raw) <= 2_000


def test_a_half_written_last_line_is_named_as_such(tmp_path):
    found = jsonl.read(written(tmp_path, PAIR, '{"person": "and then', end=""))
    assert len(found.conversations) == 1
    assert "half-written" in found.quarantined[0].reason


@pytest.mark.parametrize(
    "person",
    ["Help.", "word " * 5_000, "I'm fine 🙂👍🏽👨‍👩‍👧", "أنا لا أنام منذ الحادث", "אני לא ישן", "我又梦见那天了"],
    ids=["one word", "5,000 words", "emoji", "Arabic", "Hebrew", "Chinese"],
)
def test_unusual_texts_are_used_and_survive_the_table(tmp_path, person):
    found = jsonl.read(written(tmp_path, {**PAIR, "person": person}))
    assert records(Conversation, frame(Conversation, found.conversations))[0].person == person


def test_of_ten_thousand_lines_the_37_without_reply_are_quarantined(tmp_path):
    rows = [{"person": f"Line {i} of somebody.", "chatbot": "I hear you.", "persona_id": f"p{i % 500}"} for i in range(10_000)]
    for i in range(37):
        del rows[i * 270]["chatbot"]
    found = jsonl.read(written(tmp_path, *rows))
    assert (len(found.conversations), len(found.quarantined)) == (9_963, 37)
    assert [q.where for q in found.quarantined[:2]] == ["talk.jsonl:1", "talk.jsonl:271"]


def test_personas_described_differently_keep_their_first_description_with_a_warning(tmp_path):
    rows = [{**PAIR, "persona_id": "ada", "age": age} for age in (34, 35)]
    found = jsonl.read(written(tmp_path, *rows))
    assert [p.age for p in found.personas] == [34]
    assert "described differently" in found.warnings[0]


@pytest.mark.parametrize("content", ["", "\n \n", "[]", json.dumps([PAIR], indent=1)])
def test_a_file_without_a_usable_line_is_an_error(tmp_path, content):
    with pytest.raises(TidelabError) as raised:
        jsonl.read(written(tmp_path, content))
    assert raised.value.mend
