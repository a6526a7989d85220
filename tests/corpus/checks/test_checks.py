import json
from pathlib import Path

import pytest

from tidelab.corpus import checks
from tidelab.corpus.sample import load
from tidelab.records import Conversation

PERSON = "I keep waking up at the same hour, soaked, and the room is wrong for a while."
CHATBOT = "Waking like that, night after night, sounds exhausting, and a little lonely too."


def talk(conversation_id="a", person=PERSON, chatbot=CHATBOT, **more):
    return Conversation(conversation_id=conversation_id, persona_id="p", person=person, chatbot=chatbot, **more)


def test_every_check_is_found_has_its_own_name_and_a_page():
    found = {check.name: check.severity for check in checks.checks()}
    files = {p.stem for p in Path(checks.__file__).parent.glob("*.py")} - {"__init__"}
    pages = {p.stem for p in (Path(__file__).parents[3] / "docs" / "checks").glob("*.md")}
    assert set(found) == files == pages - {"README"}
    assert {name for name, severity in found.items() if severity == "error"} == {"speaker", "refusal"}


def test_a_good_conversation_passes_every_check():
    kept, quarantined, flags = checks.apply([talk()], {})
    assert [c.conversation_id for c in kept] == ["a"]
    assert not quarantined
    assert not flags


def test_the_sample_conversations_pass_every_check_without_a_flag():
    people, _, conversations = load()
    kept, quarantined, flags = checks.apply(conversations, {p.persona_id: p for p in people})
    assert len(kept) == len(conversations)
    assert not quarantined
    assert not flags


def test_one_that_fails_twice_is_quarantined_once_with_both_reasons_and_its_place():
    bad = talk("b", person=f"Therapist: {PERSON}", chatbot="As an AI, I have no feelings.", provenance={"file": "x.jsonl", "line": 3})
    kept, (left_out,), flags = checks.apply([bad, talk("a")], {})
    assert [c.conversation_id for c in kept] == ["a"]
    assert left_out.stage == "refusal"
    assert "`Therapist:`" in left_out.reason
    assert "refusal" in left_out.reason
    assert left_out.where == "x.jsonl:3"
    assert json.loads(left_out.raw)["chatbot"] == "As an AI, I have no feelings."
    assert not flags


def test_findings_do_not_depend_on_the_order_of_the_rows():
    rows = [talk(i, chatbot=text) for i, text in zip("abcd", ["You are safe now, I promise.", "Hm.", CHATBOT, CHATBOT], strict=True)]
    assert checks.apply(rows, {}) == checks.apply(rows[::-1], {})


@pytest.mark.parametrize("field", ["person", "chatbot"])
def test_raw_of_a_long_quarantined_text_is_cut(field):
    _, (left_out,), _ = checks.apply([talk(**{field: "Therapist: No.\nClient: " + "word " * 5_000})], {})
    assert len(left_out.raw) == 2_000
