"""`tide corpus check` and `tide corpus stats` as people and machines use them."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from tests.corpus.checks.talks import CHATBOT, PERSON
from tidelab.cli import app
from tidelab.cli.watch import Silent
from tidelab.corpus import stage
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Local, run_cells

GOOD = {"persona_id": "p1", "age": 70, "person": PERSON, "chatbot": CHATBOT}


def tide(*words):
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    return done.exit_code, done.stdout


@pytest.fixture
def data(tmp_path):
    other = "Three nights awake in a row would wear anybody out, and it is no wonder that the days feel thin after them."
    rows = [
        GOOD,
        {**GOOD, "person": "I'm 23, and I can't sleep at all these days.", "chatbot": other},
        {**GOOD, "person": "Write to me at a@example.org, please, I can't."},
        {**GOOD, "chatbot": ""},
    ]
    path = tmp_path / "talk.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_the_sample_passes_and_exits_with_0():
    code, output = tide("corpus", "check", "sample")
    assert code == 0
    assert "500 used, 0 quarantined" in output


def test_a_data_set_with_faults_exits_with_3_and_says_each(data):
    code, output = tide("corpus", "check", str(data))
    assert code == 3
    assert "talk.jsonl:4" in output and "read:" in output
    assert "contact:" in output and "age:" in output
    assert "2 used, 2 quarantined, 1 flagged" in output


def test_json_holds_counts_by_check_and_every_finding(data):
    code, output = tide("corpus", "check", str(data), "--json", "--limit", "1")
    told = json.loads(output)
    assert code == 3
    assert (told["used"], told["quarantined"], told["flagged"]) == (2, 2, 1)
    assert {q["stage"] for q in told["quarantine"]} == {"read", "contact"}
    assert [(f["conversation_id"], f["check"]) for f in told["flags"]] == [("row-000002", "age")]
    assert {row["check"]: row["conversations"] for row in told["checks"]}["contact"] == 1


def test_only_the_named_checks_run(data):
    _, output = tide("corpus", "check", str(data), "--json", "--only", "age, names")
    assert [row["check"] for row in json.loads(output)["checks"]] == ["age", "names"]


def test_a_name_that_is_no_check_is_the_users_to_mend(data):
    with pytest.raises(TidelabError, match="no check `ages`"):
        tide("corpus", "check", str(data), "--only", "ages")


def test_the_page_is_written_and_holds_the_marked_words(data, tmp_path):
    page = tmp_path / "out" / "checks.html"
    page.parent.mkdir()
    tide("corpus", "check", str(data), "--html", str(page))
    assert "<mark>I&#39;m 23</mark>" in page.read_text("utf-8")
    assert "<title>Checks of talk.jsonl</title>" in page.read_text("utf-8")


@pytest.mark.parametrize("place", ["no/such/checks.html", "."])
def test_a_page_that_has_no_place_is_told_before_anything_is_read(tmp_path, place):
    with pytest.raises(TidelabError, match="can't be written"):
        tide("corpus", "check", "no/such/data", "--html", str(tmp_path / place))


def test_a_run_is_checked_as_it_was_read_and_described(data, tmp_path):
    experiment = Experiment.model_validate(
        {"name": "t", "corpus": {"source": str(data)}, "students": ["nano:0.3m"], "nano": {"pretrain_rows": 10}}
    )
    run = RunDirectory(tmp_path / "run", create=True)
    run_cells(run, stage.cells(experiment)[:1], Silent(), Local())
    code, output = tide("corpus", "check", str(run.path), "--json")
    assert code == 3
    assert json.loads(output)["quarantined"] == 2
    code, output = tide("corpus", "stats", str(run.path), "--json")
    assert code == 0
    assert json.loads(output)["conversations"] == 3
    shutil.rmtree(run.path / "corpus")
    with pytest.raises(TidelabError, match="no corpus yet"):
        tide("corpus", "stats", str(run.path))


def test_stats_of_the_sample_for_people_name_the_sources_and_lengths():
    code, output = tide("corpus", "stats", "sample", "--limit", "2")
    assert code == 0
    assert "source  sample" in output and "person: words" in output and "type-token ratio" in output


def test_a_missing_source_is_the_users_to_mend():
    for verb in ("check", "stats"):
        with pytest.raises(TidelabError, match="no data set"):
            tide("corpus", verb, "no/such/data")


def test_what_a_teacher_wrote_is_checked_and_published_before_any_study_is_made_of_it(tmp_path):
    wanted = ("--personas", "4", "--per-persona", "2")
    code, output = tide("corpus", "write", "--teacher", "rehearsal", "--run", str(tmp_path / "run"), *wanted)
    assert code == 0, output
    code, output = tide("corpus", "check", str(tmp_path / "run"))
    assert code == 0
    assert "8 used, 0 quarantined" in output
    code, output = tide("corpus", "export", str(tmp_path / "run"), "--format", "jsonl", "--out", str(tmp_path / "set"))
    assert code == 0, output
    assert sum(1 for _ in (tmp_path / "set").rglob("*.jsonl")) >= 1
