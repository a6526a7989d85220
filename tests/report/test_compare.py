import json
import shutil

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from tidelab.cli import app
from tidelab.errors import TidelabError
from tidelab.report.compare import compare, read, setup, signed
from tidelab.run import atomic

SYSTEM = "nano-1m@fine-tuned"


@pytest.fixture(scope="module")
def both(run, tmp_path_factory):
    """The finished run, and a copy in which one system gained a tenth everywhere and one conversation has other words."""
    other = tmp_path_factory.mktemp("other") / "run"
    shutil.copytree(run.path, other)
    changed = yaml.safe_load((other / "experiment.yaml").read_text("utf-8"))
    changed["training"]["epochs"] = 9.0
    atomic.write_text(other / "experiment.yaml", yaml.safe_dump(changed))
    place = other / "scores" / SYSTEM / "cosine" / "scores.parquet"
    scores = pl.read_parquet(place)
    scores.with_columns(pl.col("value") + 0.1).write_parquet(place)
    place = other / "corpus" / "split" / "conversations.parquet"
    conversations = pl.read_parquet(place)
    first = scores["conversation_id"].sort()[0]
    conversations.with_columns(
        person=pl.when(pl.col("conversation_id") == first).then(pl.lit("Other words.")).otherwise(pl.col("person"))
    ).write_parquet(place)
    return run.path, other


def test_a_run_and_itself_differ_in_nothing(both):
    one = read(both[0])
    found = compare(one, one)
    assert setup(one, one).rows == []
    assert "0 settings or versions" in found.said[0]
    assert {row[4].text for s in found.sheets for row in s.rows} == {"0.000"}


def test_what_differs_in_set_up_and_result_is_found_and_nothing_else(both):
    found = compare(*map(read, both))
    sheets = {s.name: s for s in found.sheets}
    assert [[c.text for c in row] for row in sheets["setup"].rows] == [["training.epochs", "3.0", "9.0"]]
    for row in sheets["results-rehearsal"].rows:
        moved = (row[0].text, row[1].text) == (SYSTEM, "Cosine")
        assert row[4].text == ("+0.100" if moved else "0.000")


def test_conversations_with_other_words_are_not_paired(both):
    one, other = map(read, both)
    tested = one.scores["conversation_id"].n_unique()
    found = compare(one, other)
    assert f"{tested - 1} are the same in both" in found.said[1]
    pairs = {row[5].text for s in found.sheets if s.name.startswith("results") for row in s.rows if row[0].text == SYSTEM}
    assert pairs == {"71", "18"}


def test_metrics_computed_in_another_way_are_named(both):
    one, other = map(read, both)
    changed = other.scores.with_columns(
        pl.when(pl.col("metric") == "meteor").then(pl.lit("meteor|v:2")).otherwise("signature").alias("signature")
    )
    other = type(other)(**(vars(other) | {"scores": changed}))
    assert signed(one, other) == ["meteor"]
    assert any("not comparable: meteor" in s for s in compare(one, other).said)


def test_a_directory_that_is_no_run_and_a_run_without_scores_are_refused(tmp_path, both):
    with pytest.raises(TidelabError, match="no run directory"):
        read(tmp_path)
    bare = tmp_path / "bare"
    shutil.copytree(both[0], bare, ignore=shutil.ignore_patterns("scores"))
    with pytest.raises(TidelabError, match="no scores to compare"):
        read(bare)


def test_the_verb_prints_a_table_json_or_a_page(both, tmp_path):
    one, other = map(str, both)
    text = CliRunner().invoke(app, ["report", "--compare", one, other]).output
    assert "| training.epochs | 3.0 | 9.0 |" in text
    told = json.loads(CliRunner().invoke(app, ["report", "--compare", one, other, "--json"]).output)
    assert told["setup"][0]["Setting"] == "training.epochs"
    page = tmp_path / "compare.html"
    assert CliRunner().invoke(app, ["report", "--compare", one, other, "--out", str(page)]).exit_code == 0
    html = page.read_text("utf-8")
    assert "training.epochs" in html
    assert "http" not in html.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_the_verb_asks_for_a_run_and_for_a_form_that_it_can_write(both):
    assert isinstance(CliRunner().invoke(app, ["report"]).exception, TidelabError)
    wrong = CliRunner().invoke(app, ["report", "--compare", *map(str, both), "--out", "x.docx"])
    assert isinstance(wrong.exception, TidelabError)
