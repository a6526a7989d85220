"""`tide score FILE`: what it prints, keeps and exits with."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from tidelab.cli import app
from tidelab.corpus import sample
from tidelab.errors import TidelabError
from tidelab.scoring import score

SAMPLE = sample.load()[2][:5]


@pytest.fixture
def tide(tmp_path):
    def run(rows, *words):
        file = tmp_path / "mine.jsonl"
        file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
        run_ = ["score", str(file), "--run", str(tmp_path / "run"), *map(str, words)]
        result = CliRunner().invoke(app, run_, catch_exceptions=False)
        return result.exit_code, result.stdout

    return run


def replies(text="I hear how hard that was."):
    return [{"conversation_id": c.conversation_id, "text": text} for c in SAMPLE]


FLAGS = ("--corpus", "sample", "--partial", "--metrics", "rouge_l,meteor,bleu,length")


def test_means_are_those_of_the_library_on_the_same_replies(tide):
    code, out = tide(replies(), *FLAGS, "--json")
    told = {e["metric"]: e for e in json.loads(out)["scores"]}
    table = score([r["text"] for r in replies()], [c.chatbot for c in SAMPLE], metrics=["rouge_l", "meteor", "bleu", "length"])
    assert code == 0
    for metric, entry in told.items():
        here = table.filter((pl.col("metric") == metric) & pl.col("row").is_not_null())
        assert entry["mean"] == pytest.approx(here["value"].mean(), abs=1e-12)
        assert entry["signature"] == here["signature"][0]
    assert told["bleu"]["together"] == pytest.approx(table.filter(pl.col("row").is_null())["value"][0])


def test_refused_lines_and_missing_replies_are_told_counted_and_exit_with_3(tide, tmp_path):
    code, out = tide([*replies()[:3], "{", {"conversation_id": "nope", "text": "x"}], "--corpus", "sample", "--metrics", "length", "--json")
    result = json.loads(out)
    (entry,) = result["scores"]
    assert code == 3
    assert sum(result["refused"].values()) == 2
    assert entry["unscored"] == {"no reply in the file": 497}
    assert entry["mean"] is None and "only 3 of 500" in entry["why"]
    kept = pl.read_parquet(tmp_path / "run" / "replies" / "given" / "quarantine.parquet")
    assert kept["where"].to_list() == ["mine.jsonl:4", "mine.jsonl:5"]


def test_people_are_told_the_same_in_words(tide):
    code, out = tide([*replies()[:4], "{"], *FLAGS)
    assert code == 3
    assert "refused 1 x is not valid JSON" in " ".join(out.split())
    assert "495" in out or "496" in out
    assert "rouge_l" in out


def test_the_same_command_again_does_nothing_and_a_changed_reply_redoes_it(tide, tmp_path):
    tide(replies(), *FLAGS, "--json")
    done = {p: p.stat().st_mtime_ns for p in (tmp_path / "run").rglob("done.json")}
    tide(replies(), *FLAGS, "--json")
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "run").rglob("done.json")} == done
    tide(replies("Other words."), *FLAGS, "--json")
    assert all(p.stat().st_mtime_ns > stamp for p, stamp in done.items())


def test_what_cannot_be_had_is_said_before_any_scoring(tide, tmp_path):
    with pytest.raises(TidelabError, match="unknown metric"):
        tide(replies(), "--metrics", "rogue")
    with pytest.raises(TidelabError, match="no encoder"):
        tide(replies(), "--metrics", "cosine", "--encoder", "no/such-encoder", "--corpus", "sample")
    with pytest.raises(TidelabError, match="holds no reply"):
        tide(["{"], *FLAGS)
    assert not (tmp_path / "run").exists()
