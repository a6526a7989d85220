"""Replies made elsewhere: whatever a line holds, it becomes a row, or is refused with its place and reason."""

import json

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from tidelab.errors import TidelabError
from tidelab.records import Conversation
from tidelab.scoring import given
from tidelab.scoring.given_run import mean

KNOWN = [Conversation(conversation_id=f"c{i}", persona_id="p", person=f"person {i}", chatbot=f"reference {i}") for i in range(3)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = ("conversation_id", "system_id", "text", "reply", "person", "reference", "references", "chatbot", "unscored_reason")


@pytest.fixture
def read(tmp_path):
    def go(*lines, known=KNOWN, **how):
        file = tmp_path / "mine.jsonl"
        file.write_bytes(b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines))
        return given.read(file, known, **how)

    return go


def reply(name="c0", text="hello", **more):
    return {"conversation_id": name, "text": text, **more}


def test_a_reply_gets_its_conversations_texts_and_the_files_name_as_its_system(read):
    (row,) = read(reply(), partial=True).rows
    assert (row["system_id"], row["person"], row["chatbot"], row["text"]) == ("mine", "person 0", "reference 0", "hello")


def test_conversations_without_a_reply_are_rows_without_text_or_left_out_and_counted(read):
    rows = read(reply(system_id="a"), reply("c2", system_id="b")).rows
    assert [(r["system_id"], r["conversation_id"], r["text"] is None) for r in rows] == [
        ("a", "c0", False), ("a", "c1", True), ("a", "c2", True), ("b", "c0", True), ("b", "c1", True), ("b", "c2", False),
    ]  # fmt: skip
    assert rows[1]["unscored_reason"] == "no reply in the file"
    some = read(reply(system_id="a"), reply("c2", system_id="b"), partial=True)
    assert [(r["system_id"], r["conversation_id"]) for r in some.rows] == [("a", "c0"), ("a", "c2"), ("b", "c0"), ("b", "c2")]
    assert some.absent == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "is not valid JSON"),
        (b"\xff{}", "is not valid UTF-8"),
        (b"[" * 100_000, "is not valid JSON"),
        (b'{"conversation_id": ' + b"9" * 5000 + b"}", "is not valid JSON"),
        ([1], "is not a JSON object"),
        ({"text": "x"}, "has no `conversation_id`"),
        (reply(" "), "is no name"),
        (reply(True), "is no name"),
        (reply("c9"), "no conversation of the corpus has this id"),
        (reply(text=5), "its text is of type int"),
        ({"conversation_id": "c0"}, "has no `text`"),
        (reply(system_id="../up"), "its `system_id` is no name"),
        (reply(system_id=".."), "its `system_id` is no name"),
        (reply(system_id="\ud800"), "its `system_id` is no name"),
        (reply(system_id=""), "its `system_id` is no name"),
        (reply(references=["a"] * 40), "at most 32 references"),
        (reply(reference=3), "must be text"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_with_its_place(read, line, reason):
    found = read(reply("c1"), line)
    (refused,) = found.refused
    assert reason in refused.reason
    assert refused.where == "mine.jsonl:2"
    assert len(refused.raw) <= 2_000


def test_of_two_replies_the_first_is_kept_and_the_second_refused(read):
    found = read(reply(text="first"), reply(text="second"), reply(text="other", system_id="b"), partial=True)
    assert [row["text"] for row in found.rows] == ["first", "other"]
    assert "the first, in line 1, is kept" in found.refused[0].reason


def test_null_too_long_and_broken_unicode_are_unscored_with_their_reasons_and_odd_text_is_not(read):
    texts = [None, "w " * 100_000, "a \ud800", "  \n", "<b>a\x00b</b>", "word " * 5000]
    known = [Conversation(conversation_id=f"c{i}", persona_id="p", person="x", chatbot="y") for i in range(len(texts))]
    rows = read(*(reply(f"c{i}", text) for i, text in enumerate(texts)), known=known).rows
    assert [row["text"] for row in rows] == [None, None, None, *texts[3:]]
    assert [bool(row["unscored_reason"]) for row in rows] == [True, True, True, False, False, False]
    assert "200,000 characters" in rows[1]["unscored_reason"]
    assert "Unicode" in rows[2]["unscored_reason"]


def test_without_a_corpus_rows_bring_their_own_texts_and_may_have_no_id(read):
    found = read({"person": "p", "reference": "r", "references": ["s", "", "r"], "text": "t"}, known=None)
    (row,) = found.rows
    assert (row["conversation_id"], row["person"], row["chatbot"], row["further"]) == ("row-000001", "p", "r", ["s"])


def test_another_systems_row_lends_its_texts_to_a_missing_one(read):
    rows = read(reply("c0", system_id="a", person="p", reference="r"), reply("c1", system_id="b", person="q"), known=None).rows
    missing = next(r for r in rows if r["system_id"] == "b" and r["conversation_id"] == "c0")
    assert (missing["person"], missing["chatbot"], missing["text"]) == ("p", "r", None)


def test_a_file_that_is_missing_empty_or_all_refused_is_the_users_to_mend(read, tmp_path):
    for broken in (lambda: read(), lambda: read(b"{"), lambda: given.read(tmp_path, KNOWN), lambda: given.read(tmp_path / "no", KNOWN)):
        with pytest.raises(TidelabError) as error:
            broken()
        assert error.value.mend


@drawn(st.lists(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5) | JSON, max_size=6))
@settings(max_examples=200)
def test_whatever_lines_hold_each_is_kept_or_refused_and_nothing_is_lost(tmp_path_factory, values):
    file = tmp_path_factory.mktemp("any") / "mine.jsonl"
    lines = [json.dumps(value) for value in [reply("c1", system_id="sure"), *values]]
    file.write_text("\n".join(lines), "utf-8")
    found = given.read(file, KNOWN, partial=True)
    told = sum(1 for row in found.rows if row["unscored_reason"] != "no reply in the file")
    assert told + len(found.refused) == len(lines)
    for row in found.rows:
        json.dumps(row).encode("utf-8")
        row["conversation_id"].encode("utf-8")
        (row["text"] or "").encode("utf-8")


def test_a_mean_over_fewer_than_the_asked_share_says_so_and_what_does_not_apply_is_no_failure():
    nan = float("nan")
    assert mean([1.0, 2.0], ["", ""], 0.9)["mean"] == 1.5
    few = mean([1.0, nan], ["", "gone"], 0.9)
    assert few["mean"] is None
    assert few["why"] == "only 1 of 2 replies have a value; a mean needs 90%"
    assert few["unscored"] == {"gone": 1}
    assert mean([1.0, nan], ["", "not applicable: no feeling"], 0.9)["mean"] == 1.0
    assert mean([nan], ["gone"], 0.0)["mean"] is None
