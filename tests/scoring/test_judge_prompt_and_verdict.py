"""What a judge is asked can't be changed by a reply, and only an answer of the asked form becomes a verdict."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.fake_judge import answer
from tidelab.engines.base import Answer
from tidelab.scoring.judge import attack, rubric
from tidelab.scoring.judge.verdict import Bad, Judgement, Verdict, read

RUBRIC = rubric.load()
REPLY = "You held on through that night, and the shaking came later. That makes sense."
HOSTILE = st.sampled_from(attack.attacks()) | st.text()


def said(value, **how):
    text = value if isinstance(value, str) else json.dumps(value)
    return Answer(text, how.pop("stop_reason", "stop"), **how)


@given(HOSTILE, HOSTILE, st.integers(0, 2), st.booleans())
def test_no_text_leaves_its_quoted_field_or_moves_the_instructions_or_the_schema(person, reply, attempt, reply_first):
    prompt = RUBRIC.ask(person, reply, attempt, reply_first=reply_first)
    system, user = prompt.messages
    assert system["content"] == RUBRIC.system
    assert (system["role"], user["role"]) == ("system", "user")
    assert prompt.schema == RUBRIC.schema
    assert json.loads(user["content"]) == {"person": person, "reply": reply}
    for mark in "<>[]|#`&":
        assert mark not in user["content"]
    assert all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in user["content"])


def test_every_attack_stands_in_the_message_as_one_string_and_there_are_forty():
    assert len(set(attack.attacks())) == 40
    for text in attack.attacks():
        assert "{reply}" in text
        assert json.loads(RUBRIC.ask("p", text).messages[1]["content"])["reply"] == text


def test_ordinary_text_is_shown_as_it_is_written():
    message = RUBRIC.ask("I can't — não posso. 我不能 😀", REPLY).messages[1]["content"]
    assert "I can't — não posso. 我不能 😀" in message
    assert REPLY in message


def test_the_rubric_has_five_anchors_a_scale_and_is_known_by_its_hash():
    assert RUBRIC.keys == ["emotion_recognition", "distress_normalization", "supportive_reflection", "overall"]
    assert all(len(scale.levels) == 5 and all(scale.levels) for scale in RUBRIC.scales)
    assert RUBRIC.identity.startswith("empathy-v1@")
    for scale in RUBRIC.scales:
        assert scale.levels[4] in RUBRIC.system


def test_a_good_answer_is_a_verdict_with_the_spans_that_stand_in_the_reply():
    value = answer(4, REPLY)
    value["overall"]["spans"] = ["you HELD on\nthrough that night…", "words of its own"]
    found = read(said(value), REPLY, RUBRIC)
    assert isinstance(found, Verdict)
    assert set(found.levels.values()) == {4}
    assert found.spans["overall"] == ["you HELD on\nthrough that night…"]
    assert found.strays == 1
    assert read(said(f"```json\n{json.dumps(value)}\n```"), REPLY, RUBRIC) == found


def changed(**entries):
    return {**answer(4, REPLY), **entries}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        ("no idea", "not one JSON object"),
        ("I say: " + json.dumps(answer(4, REPLY)), "not one JSON object"),
        (json.dumps(answer(4, REPLY))[:50], "not one JSON object"),
        ([4, 4, 4, 4], "not one JSON object"),
        ({"overall": {"level": 4, "spans": []}}, "scales are not"),
        (changed(extra=1), "scales are not"),
        (changed(overall=4), "no object with"),
        (changed(overall={"level": 4}), "no object with"),
        (changed(overall={"level": 0, "spans": []}), "is 0, not a whole number"),
        (changed(overall={"level": 6, "spans": ["You"]}), "is 6, not a whole number"),
        (changed(overall={"level": 4.5, "spans": ["You"]}), "is 4.5, not a whole number"),
        (changed(overall={"level": "4", "spans": ["You"]}), "not a whole number"),
        (changed(overall={"level": True, "spans": ["You"]}), "not a whole number"),
        (changed(overall={"level": 4, "spans": "You"}), "no list of texts"),
        (changed(overall={"level": 4, "spans": [5]}), "no list of texts"),
        (changed(overall={"level": 4, "spans": []}), "without a span"),
        (changed(overall={"level": 4, "spans": ["never said", "  "]}), "without a span"),
        ("[" * 100_000, "not one JSON object"),
    ],
)
def test_any_other_answer_is_none_and_says_why(value, reason):
    found = read(said(value), REPLY, RUBRIC)
    assert isinstance(found, Bad)
    assert reason in found.reason


def test_cut_refused_and_missing_answers_say_why():
    good = json.dumps(answer(4, REPLY))
    assert "cut at the limit" in read(said(good, stop_reason="length"), REPLY, RUBRIC).reason
    assert (
        read(said(good, stop_reason="error", reason="the provider's model refused"), REPLY, RUBRIC).reason == "the provider's model refused"
    )
    assert read(Answer(None, "error", reason="HTTP 500 (8 calls)"), REPLY, RUBRIC).reason == "HTTP 500 (8 calls)"


@given(
    st.text() | st.recursive(st.none() | st.integers() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)).map(json.dumps)
)
def test_no_answer_is_an_error(text):
    assert isinstance(read(said(text), REPLY, RUBRIC), Bad)


def test_after_two_fresh_tries_a_reply_is_unscored_with_all_reasons_and_each_try_is_another_prompt():
    item = Judgement(RUBRIC, [("c", "s"), ("c", "t")], "person", REPLY)
    asked = []
    for text in ("garbage", json.dumps({"score": 5})):
        asked.append(item.prompt.attempt)
        assert item.take(said(text)) is None
    asked.append(item.prompt.attempt)
    rows = item.take(said(""))
    assert asked == [0, 1, 2]
    assert len(rows) == 2 * 4
    assert {row["level"] for row in rows} == {None}
    assert rows[0]["reason"].endswith("the answer is empty (3 tries)")
    assert rows[0]["tries"] == 3


def test_an_answer_that_never_came_is_not_asked_for_again():
    rows = Judgement(RUBRIC, [("c", "s")], "person", REPLY).take(Answer(None, "error", reason="HTTP 500 (8 calls)", calls=8))
    assert rows[0]["reason"] == "HTTP 500 (8 calls)"
    assert rows[0]["calls"] == 8
