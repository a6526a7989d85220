import json

import pytest

from tidelab.corpus import source
from tidelab.corpus.formats import full_conversation, tide
from tidelab.errors import TidelabError

TURNS = [
    "Therapist: How are you today?",
    "Client: I can't sleep.",
    "Client: Not at all.",
    "Therapist: That sounds exhausting.",
    "Client: It is: three hours, at most.",
    "Therapist: Since when?",
    "Client: Since the fire.",
]
META = {"client_profile": {"age": 40, "gender": "female"}, "therapist_profile": {"age": 39}, "trauma_info": {"type": "house fire"}}


def write(root, turns=TURNS, name="7_P1", meta=META, folders=False, **beside):
    places = [root / folder if folders else root for folder in ("conversations", "metadata")]
    for place in places:
        place.mkdir(exist_ok=True)
    (places[0] / f"{name}_conversation.json").write_text(json.dumps({"full_conversation": turns, **beside}))
    if meta:
        (places[1] / f"{name}_metadata.json").write_text(json.dumps(meta))
    return root


@pytest.mark.parametrize("folders", [False, True])
def test_each_turn_of_the_client_makes_a_conversation_with_the_answer_to_it(tmp_path, folders):
    found = source.read(str(write(tmp_path, folders=folders)))
    assert [(c.conversation_id, c.person, c.chatbot) for c in found.conversations] == [
        ("7_P1/002", "I can't sleep.\nNot at all.", "That sounds exhausting."),
        ("7_P1/005", "It is: three hours, at most.", "Since when?"),
    ]
    (persona,) = found.personas
    assert (persona.persona_id, persona.age, persona.gender, persona.trauma_type) == ("7_P1", 40, "female", "house fire")
    assert found.conversations[0].provenance["metadata"] == {"therapist_profile": {"age": 39}}
    assert found.conversations[0].provenance["row"] == 2


def test_what_is_not_used_is_told(tmp_path):
    found = full_conversation.read(write(tmp_path, three_turn_sequences=[]))
    told = " ".join(found.warnings)
    assert "opening turn" in told and "last turn" in told and "`three_turn_sequences`" in told
    assert found.quarantined == []


def test_a_turn_without_a_speaker_is_quarantined_with_its_place(tmp_path):
    found = full_conversation.read(write(tmp_path, [*TURNS, "and then nothing", 7]))
    assert [q.where for q in found.quarantined] == ["7_P1_conversation.json:turn 8", "7_P1_conversation.json:turn 9"]
    assert all("Client: ..." in q.reason for q in found.quarantined)
    assert len(found.conversations) == 2


def test_a_file_that_is_no_session_or_cut_is_quarantined_and_the_others_are_used(tmp_path):
    write(tmp_path)
    write(tmp_path, turns={"1": "Client: hm"}, name="8_P1", meta=None)
    (tmp_path / "9_P1_conversation.json").write_text('{"full_conversation": ["Client: I')
    found = source.read(str(tmp_path))
    assert sorted(q.where for q in found.quarantined) == sorted([f"{tmp_path.name}/9_P1_conversation.json:1", "8_P1_conversation.json"])
    assert len(found.conversations) == 2
    assert any("no usable metadata" in w for w in found.warnings)


def test_a_directory_with_two_turn_conversations_stays_tides(tmp_path):
    write(tmp_path, folders=True)
    pair = {"conversations": {"1": {"person": "I can't sleep.", "chatbot": "Since when?"}}}
    (tmp_path / "conversations" / "8_conversation.json").write_text(json.dumps(pair))
    assert not full_conversation.holds(tmp_path)
    found = source.read(str(tmp_path))
    assert [c.conversation_id for c in found.conversations] == ["8/1"]
    assert "full_conversation" in found.quarantined[0].reason


def test_a_session_of_which_nothing_is_usable_is_an_error(tmp_path):
    with pytest.raises(TidelabError, match="holds no conversations"):
        source.read(str(write(tmp_path, ["Therapist: Hello."])))


def test_what_identifies_sessions_are_their_bytes(tmp_path):
    before = source.identity(str(write(tmp_path)))
    assert before == source.identity(str(tmp_path))
    write(tmp_path, TURNS[:-1])
    assert source.identity(str(tmp_path)) != before
    with pytest.raises(TidelabError):
        tide.files(tmp_path)
