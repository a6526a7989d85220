"""`tide score --judge` against a real HTTP server: what it writes, pays, resumes and says."""

import json
import sqlite3

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.scoring.fake_judge import FakeJudge
from tidelab.cli import app
from tidelab.corpus import sample
from tidelab.errors import TidelabError
from tidelab.scoring.judge import rubric

SAMPLE = sample.load()[2][:6]
pytestmark = pytest.mark.usefixtures("keys_and_no_waits")


@pytest.fixture
def replies(tmp_path):
    """Two systems; `b` says what `a` says to the first person, has an empty reply and lacks one."""
    file = tmp_path / "replies.jsonl"
    rows = [{"conversation_id": c.conversation_id, "system_id": "a", "text": c.chatbot} for c in SAMPLE]
    rows += [{"conversation_id": c.conversation_id, "system_id": "b", "text": "I hear you, and I stay."} for c in SAMPLE[:4]]
    rows[6]["text"], rows[7]["text"] = rows[0]["text"], "  "
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def length(person, reply):
    return 5 if len(reply) > 100 else 2


def flags(tmp_path):
    return "--corpus", "sample", "--partial", "--metrics", "length", "--run", tmp_path / "run"


@pytest.mark.parametrize("kind", ["openai", "anthropic", "openai-compatible"])
@pytest.mark.parametrize("batch", [False, True])
def test_replies_are_judged_once_each_without_names_and_missing_ones_are_unscored(tide, replies, tmp_path, kind, batch):
    if batch and kind == "openai-compatible":
        return
    with FakeJudge(length) as server:
        code, result = tide(server, replies, *flags(tmp_path), *(["--batch"] if batch else []), kinds=[kind])
    assert code == 3  # a third of b's replies are missing
    shown = [json.loads(message) for message in server.asked]
    assert len(shown) == len({m["reply"] for m in shown if m["reply"] != "I hear you, and I stay."}) + 2  # the doubled one once
    assert not any("sample-" in message or '"a"' in message for message in server.asked)
    scores = {(e["system_id"], e["metric"]): e for e in result["scores"]}
    assert scores["a", "judge_overall"]["mean"] == 5
    lacking = scores["b", "judge_overall"]
    assert (lacking["scored"], lacking["mean"]) == (3, None)
    assert set(lacking["unscored"]) == {"no reply in the file", "empty reply: nothing to judge"}
    assert f"|rubric:{rubric.load().identity}|fit:unexamined|" in lacking["signature"]
    table = pl.read_parquet(next((tmp_path / "run").glob("judges/*/levels/levels.parquet")))
    assert table.height == 12 * 4
    assert table.filter(pl.col("level") > 1)["spans"].list.len().min() == 1


def test_a_second_command_asks_nothing_and_a_lost_table_is_made_of_stored_answers(tide, replies, tmp_path):
    with FakeJudge(length) as server:
        _, first = tide(server, replies, *flags(tmp_path))
        asked = len(server.asked)
        _, again = tide(server, replies, *flags(tmp_path))
        assert len(server.asked) == asked
        next((tmp_path / "run").glob("judges/*/levels/done.json")).unlink()
        _, third = tide(server, replies, *flags(tmp_path))
        assert len(server.asked) == asked
    assert first["scores"] == again["scores"] == third["scores"]


def test_the_budget_stops_before_it_is_passed_and_a_higher_one_goes_on(tide, replies, tmp_path):
    price = ("--price", "10,50")
    with FakeJudge(length) as server:
        with pytest.raises(TidelabError, match="budget"):
            tide(server, replies, *flags(tmp_path), *price, "--max-cost", "0.3", "--concurrency", "1")
        with sqlite3.connect(tmp_path / "run" / "responses.db") as store:
            paid, stored = store.execute("SELECT sum(cost), count(*) FROM answers").fetchone()
        assert paid <= 0.3
        assert 0 < stored < 8
        tide(server, replies, *flags(tmp_path), *price, "--max-cost", "50")
        assert len(server.asked) == 8


def test_with_every_fault_of_judges_each_reply_has_a_level_or_a_true_reason(tide, tmp_path):
    file = tmp_path / "many.jsonl"
    rows = [{"conversation_id": c.conversation_id, "text": c.chatbot} for c in sample.load()[2][:150]]
    file.write_text("\n".join(map(json.dumps, rows)))
    faults = dict.fromkeys(("garbage", "empty", "half", "long", "language", "persona", "prompt", "cut_at_limit", "declined"), 0.05)
    with FakeJudge(length, faults=faults) as server:
        _, result = tide(server, file, *flags(tmp_path), "--limit", "150")
    table = pl.read_parquet(next((tmp_path / "run").glob("judges/*/levels/levels.parquet")))
    assert table.height == 150 * 4
    assert table["level"].drop_nulls().is_in([1, 2, 3, 4, 5]).all()
    lost = table.filter(pl.col("level").is_null())
    assert 0 < lost.height < table.height / 2
    assert (lost["reason"] != "").all()
    told = " ".join(lost["reason"].unique())
    for words in ("not one JSON object", "is empty", "not a whole number", "scales are not", "without a span", "cut at the limit"):
        assert words in told
    assert lost["tries"].max() == 3
    assert (result["judges"][0]["levels"]["unscored"]) == lost.height


def test_a_panel_averages_and_says_how_far_it_agrees(tide, replies, tmp_path):
    with FakeJudge(length) as server:
        _, result = tide(server, replies, *flags(tmp_path), kinds=("openai", "anthropic"))
    assert [judge["judge"] for judge in result["judges"]] == ["openai:fake-1", "anthropic:fake-1"]
    entry = next(e for e in result["scores"] if e["metric"] == "judge_overall" and e["system_id"] == "b")
    assert "|panel:openai:fake-1+anthropic:fake-1|" in entry["signature"]
    assert result["agreement"]["b"]["overall"]["alpha"] == 1.0
    assert result["agreement"]["a"]["overall"]["reason"] == "all ratings are the same"


def test_one_judge_named_twice_is_the_users_to_mend_and_so_is_a_name_that_is_none(tide, replies, tmp_path):
    with FakeJudge(length) as server:
        with pytest.raises(TidelabError, match="two judges are"):
            tide(server, replies, *flags(tmp_path), kinds=("openai", "openai"))
        with pytest.raises(TidelabError, match="names no model") as error:
            tide(server, replies, *flags(tmp_path), "--judge", "nobody")
        assert error.value.where == "--judge"
        with pytest.raises(TidelabError, match="neither a run nor a file"):
            tide(server)
    with pytest.raises(TidelabError, match="no judge is named"):
        CliRunner().invoke(app, ["score", str(replies), "--attack"], catch_exceptions=False)


def test_show_prompts_asks_nothing_and_shows_no_names(tide, replies, tmp_path):
    with FakeJudge(length) as server:
        code, told = tide(server, replies, *flags(tmp_path), "--show-prompts", "--limit", "2")
        assert (code, server.asked) == (0, [])
    assert len(told["prompts"]) == 2
    assert told["rubric"] == rubric.load().identity
    assert "sample-" not in json.dumps(told["prompts"])
