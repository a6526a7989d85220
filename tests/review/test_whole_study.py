"""From a run that asks for approval, through the pages, to a report of what was approved."""

import json
from itertools import islice

import pytest

from tests.review.runs import Person
from tests.study import run_study, table, tide
from tidelab.cli.watch import Silent
from tidelab.corpus import sample, stage
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.review.app import open_database
from tidelab.review.items import fill
from tidelab.run import RunDirectory
from tidelab.run.executor import Local, run_cells


@pytest.mark.slow
def test_a_study_waits_for_its_reviewers_and_goes_on_with_what_they_approved(tmp_path):
    run, forty = tmp_path / "run", tmp_path / "forty.jsonl"
    rows = (c for c in sample.load()[2] if int(c.conversation_id.rsplit("-", 1)[1]) <= 4)
    with forty.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"persona_id": c.persona_id, "person": c.person, "chatbot": c.chatbot}) + "\n" for c in islice(rows, 40))
    settings = (f"corpus.source={forty}", "corpus.review=approved", "training.max_length=700")
    with pytest.raises(TidelabError, match="names no decisions"):
        run_study(run, *settings)
    database = open_database(f"sqlite:///{run / 'review' / 'review.db'}")
    assert fill(database, RunDirectory(run), []) == 40
    for name in ("A", "B"):
        person = Person(database, name)
        while (item := person.next()) is not None:
            unfit = "bus braked outside the library" in person.page.text
            person.send(item, **({"decision": "reject", "reasons": "other", "comment": "a test's <b>reason</b>"} if unfit else {}))
    database.close()
    assert tide("review", "export", "--run", str(run))[0] == 0
    result = run_study(run, *settings, f"corpus.decisions={run / 'review' / 'decisions.jsonl'}")
    assert result["exit"] == 0 and "corpus/check" not in result["ran"]
    assert table(run, "corpus/split", "conversations").height == 39
    page = (run / "report" / "index.html").read_text("utf-8")
    assert "rejected by agreement: a test&#39;s &lt;b&gt;reason&lt;/b&gt;" in page
    code, _ = tide("corpus", "export", str(run), "--format", "jsonl", "--out", str(tmp_path / "out"), "--accept-licence")
    assert code == 3  # one row was left out
    told = json.loads((tmp_path / "out" / "provenance.json").read_text("utf-8"))
    assert told["review"] == {"approved": 39, "by": {"agreement": 39}, "revised": 0}
    assert told["left_out"] == 1 and "corpus/review" in told["identity"] and len(told["written_by"]) == 1
    assert json.loads((tmp_path / "out" / "checks.json").read_text("utf-8"))["left_out"] == {"review": 1}
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "39 of 39 conversations were approved, each read blind by two reviewers (agreement 39)" in card


def test_a_corpus_that_a_teacher_wrote_is_reviewed_before_any_study_and_only_what_was_approved_enters_one(tmp_path):
    run = tmp_path / "corpus"
    asked = ("--teacher", "rehearsal", "--personas", "4", "--per-persona", "2", "--run", str(run))
    assert tide("corpus", "write", *asked)[0] == 0
    database = open_database(f"sqlite:///{run / 'review' / 'review.db'}")
    assert fill(database, RunDirectory(run), []) == 8
    for name in ("A", "B"):
        person = Person(database, name)
        while (item := person.next()) is not None:
            assert "Trauma" in person.page.text  # the persona stands beside the text
            person.send(item, **({"decision": "reject", "reasons": "other", "comment": "too tidy"} if item == 1 else {}))
    database.close()
    assert tide("review", "export", "--run", str(run))[0] == 0
    decided = [json.loads(line) for line in (run / "review" / "decisions.jsonl").read_text("utf-8").splitlines()]
    written = table(run, "corpus/write", "conversations")
    assert sorted(d["conversation_id"] for d in decided) == sorted(written["conversation_id"])
    assert [d["decision"] for d in decided].count("rejected") == 1
    study = Experiment.model_validate(
        {
            "seed": 7,
            "corpus": {
                **{"source": "teacher", "teacher": "rehearsal", "personas": 4, "per_persona": 2},
                **{"review": "approved", "decisions": str(run / "review" / "decisions.jsonl")},
            },
            "nano": {"pretrain_rows": 2},
            "students": ["nano:0.3m"],
        }
    )
    ran = run_cells(RunDirectory(run), stage.cells(study), Silent(), Local())
    assert "corpus/write" not in ran
    entered = table(run, "corpus/split", "conversations")
    approved = {d["conversation_id"] for d in decided if d["decision"] == "approved"}
    assert set(entered["conversation_id"]) == approved and len(approved) == 7
