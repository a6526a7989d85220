import json

import pytest

from tidelab.corpus.formats import tide
from tidelab.errors import TidelabError

PAIR = {"person": "The alarm at work goes and I am back in that room.", "chatbot": "A sound can take you back before you can think."}
FULL = {
    "client_profile": {
        "age": 41,
        "age_group": "40-50",
        "gender": "female",
        "relationship_status": "Married",
        "occupation": "Nurse",
        "living_situation": "With partner",
        "ethnicity": "Hispanic",
        "co_occurring_condition": "Depression",
        "exhibited_behaviors": ["avoidance", "nightmares"],
    },
    "therapist_profile": {"age": 30},
    "trauma_info": {"type": "house fire", "session_topic": "the kitchen"},
}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "conversations").mkdir()
    (tmp_path / "metadata").mkdir()
    return tmp_path


def conversations(root, name, entries):
    text = entries if isinstance(entries, str) else json.dumps({"conversations": entries})
    (root / "conversations" / name).write_text(text, encoding="utf-8")


def metadata(root, n, content):
    (root / "metadata" / f"{n}_metadata.json").write_text(json.dumps(content), encoding="utf-8")


def test_a_conversation_gets_the_persona_its_metadata_tells_of(root):
    conversations(root, "7_conversation.json", {"1": PAIR})
    metadata(root, "7", FULL)
    found = tide.read(root)
    (persona,) = found.personas
    assert (persona.persona_id, persona.age, persona.occupation) == ("7", 41, "Nurse")
    assert persona.behaviors == ["avoidance", "nightmares"]
    assert (persona.trauma_type, persona.trauma_topic) == ("house fire", "the kitchen")
    (conversation,) = found.conversations
    assert (conversation.conversation_id, conversation.persona_id, conversation.source) == ("7/1", "7", "imported")
    assert conversation.provenance["metadata"] == {"therapist_profile": {"age": 30}}
    assert not found.warnings
    assert not found.quarantined


def test_every_key_of_the_metadata_is_optional(root):
    for n, content in enumerate([{}, {"client_profile": {}}, {"trauma_info": {"type": "robbery"}}, {"client_profile": None}]):
        conversations(root, f"{n}_conversation.json", {"1": PAIR})
        metadata(root, str(n), content)
    found = tide.read(root)
    assert [p.trauma_type for p in found.personas] == ["", "", "robbery", ""]
    assert len(found.conversations) == 4


def test_unreadable_values_stay_empty_with_a_warning_and_are_kept_in_provenance(root):
    conversations(root, "7_conversation.json", {"1": PAIR})
    metadata(root, "7", {"client_profile": {"age": "about forty", "gender": "male", "shoe_size": 44}})
    found = tide.read(root)
    assert found.personas[0].age is None
    assert found.personas[0].gender == "male"
    assert found.conversations[0].provenance["metadata"] == {"client_profile": {"shoe_size": 44}, "unread": {"age": "about forty"}}
    assert "`age`" in found.warnings[0]
    assert "metadata/7_metadata.json" in found.warnings[0]


def test_conversations_without_metadata_have_a_bare_persona_and_a_warning(root):
    conversations(root, "7_conversation.json", {"1": PAIR, "2": PAIR})
    found = tide.read(root)
    assert [p.model_dump(exclude_defaults=True) for p in found.personas] == [{"persona_id": "7"}]
    assert "metadata" in found.warnings[0]


def test_several_files_of_one_persona_keep_their_equal_keys_apart(root):
    conversations(root, "7_conversation_1.json", {"1": PAIR})
    conversations(root, "7_conversation_2.json", {"1": PAIR})
    found = tide.read(root)
    assert [c.conversation_id for c in found.conversations] == ["7/1/1", "7/2/1"]
    assert len(found.personas) == 1


def test_a_key_that_stands_twice_in_one_file_keeps_the_first_and_quarantines_the_later(root):
    second = json.dumps({**PAIR, "person": "Something else was said here, later on."})
    conversations(root, "7_conversation.json", f'{{"conversations": {{"1": {json.dumps(PAIR)}, "1": {second}}}}}')
    found = tide.read(root)
    assert [c.person for c in found.conversations] == [PAIR["person"]]
    assert "already used at conversations/7_conversation.json:1" in found.quarantined[0].reason
    assert "Something else" in found.quarantined[0].raw


@pytest.mark.parametrize(
    ("content", "where", "reason"),
    [
        (b'{"conversations": {\n"1": {"person": "I', "conversations/8_conversation.json:2", "half-written"),
        (b'{"conversations": {\n"1": oops, "2": 3}}', "conversations/8_conversation.json:2", "not valid JSON"),
        (b'{"conversations":\n\n{"1": {"person": "caf\xe9"}}}', "conversations/8_conversation.json:3", "UTF-8"),
        (b"", "conversations/8_conversation.json:1", "empty"),
        (b"null", "conversations/8_conversation.json", "not a JSON object"),
        (b"{}", "conversations/8_conversation.json", "not of the form"),
        (b'{"conversations": [1]}', "conversations/8_conversation.json", "not of the form"),
        (b'{"conversations": {"1": "hello"}}', "conversations/8_conversation.json:1", "not an object"),
        (b"[" * 100_000, "conversations/8_conversation.json", "nesting"),
    ],
)
def test_one_bad_file_is_quarantined_with_its_place_and_the_others_are_used(root, content, where, reason):
    conversations(root, "7_conversation.json", {"1": PAIR})
    (root / "conversations" / "8_conversation.json").write_bytes(content)
    found = tide.read(root)
    assert [c.conversation_id for c in found.conversations] == ["7/1"]
    (row,) = found.quarantined
    assert (row.where, row.stage) == (where, "read")
    assert reason in row.reason
    assert len(row.raw) <= 2_000


def test_bad_metadata_is_quarantined_and_its_conversations_are_used_without(root):
    conversations(root, "7_conversation.json", {"1": PAIR})
    (root / "metadata" / "7_metadata.json").write_text("{oops")
    found = tide.read(root)
    assert len(found.conversations) == 1
    assert found.quarantined[0].where == "metadata/7_metadata.json:1"
    assert any("no usable metadata" in w for w in found.warnings)


def test_what_is_not_read_is_told(root):
    conversations(root, "7_conversation.json", {"1": PAIR})
    conversations(root, "notes.json", {"1": PAIR})
    conversations(root, "._7_conversation.json", "left there by a file manager")
    metadata(root, "7", FULL)
    metadata(root, "9", FULL)
    warnings = "\n".join(tide.read(root).warnings)
    assert "conversations/notes.json" in warnings
    assert "metadata/9_metadata.json" in warnings
    assert "._7" not in warnings


def test_of_ten_thousand_conversations_the_37_without_reply_are_quarantined_with_reasons(root):
    entries = [{str(k): dict(PAIR) for k in range(20)} for _ in range(500)]
    for i in range(37):
        entry = entries[i * 13][str(i % 20)]
        if i % 3 == 0:
            del entry["chatbot"]
        else:
            entry["chatbot"] = None if i % 3 == 1 else "  \n"
    for n, of_one in enumerate(entries):
        conversations(root, f"{n}_conversation.json", of_one)
        metadata(root, str(n), FULL)
    found = tide.read(root)
    assert (len(found.conversations), len(found.quarantined), len(found.personas)) == (9_963, 37, 500)
    assert {q.reason for q in found.quarantined} == {
        "`chatbot` (the reply) is missing",
        "`chatbot` (the reply) is empty or blank",
    }
    assert all(q.conversation_id.count("/") == 1 and q.where for q in found.quarantined)


@pytest.mark.parametrize("folders", [(), ("conversations",), ("metadata",)])
def test_a_directory_without_conversations_says_what_it_should_hold(tmp_path, folders):
    for folder in folders:
        (tmp_path / folder).mkdir()
    with pytest.raises(TidelabError) as raised:
        tide.read(tmp_path)
    assert raised.value.where == str(tmp_path)
    assert "N_conversation.json" in raised.value.mend


def test_nothing_usable_is_an_error_that_names_the_first_fault(root):
    conversations(root, "7_conversation.json", {"1": {"person": "Hello there, are you listening?"}})
    with pytest.raises(TidelabError, match=r"none of its 1 rows can be used.*`chatbot`.*missing") as raised:
        tide.read(root)
    assert raised.value.where == "conversations/7_conversation.json:1"
