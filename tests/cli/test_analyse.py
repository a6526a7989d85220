import json

import polars as pl
import pytest

from tests.analysis import made
from tests.report import runs
from tests.study import tide
from tidelab.errors import TidelabError


@pytest.fixture
def ratings(tmp_path):
    path = tmp_path / "ratings.csv"
    made.ratings(people=15).drop("order").rename({"participant_id": "worker"}).write_csv(path)
    return path


def test_a_ratings_table_is_answered_without_a_run_and_written_as_json_and_csv(ratings, tmp_path):
    code, said = tide(
        "analyse",
        "--ratings",
        str(ratings),
        "--column",
        "participant_id=worker",
        "--reference",
        "reference",
        "--out",
        str(tmp_path / "out"),
    )
    assert code == 0
    assert "How do people rate the systems?" in said and "Do people agree?" in said
    found = json.loads((tmp_path / "out" / "systems.json").read_text("utf-8"))
    assert found["parts"]["tests"]["rows"][0]["participants"] == 15
    assert len(pl.read_csv(tmp_path / "out" / "near-near.csv")) == 2
    assert pl.read_csv(tmp_path / "out" / "ratings-set-aside.csv").height == 0


def test_json_is_one_object_without_nan(ratings):
    code, said = tide("analyse", "--ratings", str(ratings), "--column", "participant_id=worker", "--json")
    found = json.loads(said, parse_constant=lambda c: pytest.fail(c))
    assert code == 0
    assert set(found["answers"]) == {"people_agree", "systems", "preferences"}


def test_more_unusable_rows_than_one_in_a_hundred_end_with_three_and_their_names(ratings):
    table = pl.read_csv(ratings, infer_schema=False)
    bad = table.head(9).with_columns(worker=pl.lit("stdev"))
    pl.concat([table, bad]).write_csv(ratings)
    code, said = tide("analyse", "--ratings", str(ratings), "--column", "participant_id=worker", "--factor", "empathy")
    assert code == 3
    assert "summary row: 9 rows not used" in said


def test_only_claims_are_decided_where_claims_are_named(ratings, tmp_path):
    mine = tmp_path / "claims.yaml"
    mine.write_text(
        "claims: [{id: near, claim: Fine-tuned replies are liked as much as the reference., question: difference, direction: equivalent, "
        "margin: 0.6, contrast: {factor: empathy, first: small@fine-tuned, second: reference}}]",
        "utf-8",
    )
    code, said = tide("analyse", "--ratings", str(ratings), "--column", "participant_id=worker", "--claims", str(mine))
    assert code == 0
    assert "supported: Fine-tuned replies are liked" in " ".join(said.split())
    assert "How do people rate" not in said


def test_a_finished_run_gives_its_scores_to_claims_and_to_metrics_against_people(tmp_path):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["cosine"]}, analysis={"resamples": 200})
    run = runs.make(tmp_path / "run", experiment, personas={"rehearsal": 12}, until="analysis")
    (run.path / "experiment.yaml").write_text(json.dumps(experiment.model_dump()), "utf-8")
    code, said = tide("analyse", "--run", str(run.path), "--claims", "paper", "--json")
    rows = json.loads(said)["answers"]["claims"]["parts"]["claims"]["rows"]
    assert code == 0
    assert {r["verdict"] for r in rows} == {"not testable here"}
    assert any("rehearsal" in r["why"] for r in rows)

    draw = pl.read_parquet(run.cell_dir("scores/nano-1m@fine-tuned/cosine") / "scores.parquet")
    told = [{"conversation_id": c, "system_id": "nano-1m@fine-tuned", "participant_id": f"p{p}", "value": 1 + (i + p) % 5}
            for i, c in enumerate(draw["conversation_id"]) for p in range(3)]  # fmt: skip
    (tmp_path / "people.json").write_text(json.dumps(told), "utf-8")
    code, said = tide("analyse", "--run", str(run.path), "--ratings", str(tmp_path / "people.json"), "--json")
    assert code == 0
    assert json.loads(said)["answers"]["metrics_people"]["parts"]["correlations"]["rows"][0]["n"] > 0


def test_a_run_whose_scores_are_not_all_there_says_which_is_missing(tmp_path):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["cosine"]}, analysis={"resamples": 200})
    run = runs.make(tmp_path / "run", experiment, personas={"rehearsal": 6}, until="analysis")
    (run.path / "experiment.yaml").write_text(json.dumps(experiment.model_dump()), "utf-8")
    (run.cell_dir("scores/nano-1m@fine-tuned/cosine") / "done.json").unlink()
    with pytest.raises(TidelabError, match="1 parts of the run are not there yet, scores/nano-1m@fine-tuned/cosine first"):
        tide("analyse", "--run", str(run.path), "--claims", "paper")


def test_pairwise_choices_are_answered_on_their_own(tmp_path):
    rows = [{"participant_id": f"p{i % 5}", "first": "a", "second": "b", "chosen": "first" if i % 3 else "second"} for i in range(30)]
    (tmp_path / "choices.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    code, said = tide("analyse", "--choices", str(tmp_path / "choices.jsonl"), "--out", str(tmp_path / "out"))
    assert code == 0
    assert "a is chosen most" in said
    assert pl.read_csv(tmp_path / "out" / "choices-pairs.csv")["probability"][0] == pytest.approx(2 / 3)
    assert json.loads(tide("analyse", "--choices", str(tmp_path / "choices.jsonl"), "--json")[1])["question"] == "choices"


def test_what_will_be_tested_is_written_before_there_are_data_with_its_hash(tmp_path):
    code, said = tide("analyse", "--preregister", str(tmp_path / "plan.md"), "--reference", "reference", "--exclude", "attention", "--json")
    assert code == 0
    text = (tmp_path / "plan.md").read_text("utf-8")
    assert "Variants beside it: attention." in text
    assert len(json.loads(said)["sha256"]) == 64


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([], "nothing to analyse is named"),
        (["--ratings", "none.csv"], "no such file"),
        (["--ratings", "none.csv", "--scale", "5:1"], "is no scale"),
        (["--ratings", "none.csv", "--scale", "low:high"], "is no scale"),
        (["--ratings", "none.csv", "--column", "worker"], "names no column"),
        (["--ratings", "none.csv", "--claims", "none.yaml"], "no claims"),
    ],
)
def test_a_users_fault_says_what_to_do(arguments, what):
    with pytest.raises(TidelabError, match=what) as error:
        tide("analyse", *arguments)
    assert error.value.mend


def test_a_factor_that_nobody_rated_names_those_that_were(ratings):
    with pytest.raises(TidelabError, match="nothing is rated on 'warmth'") as error:
        tide("analyse", "--ratings", str(ratings), "--column", "participant_id=worker", "--factor", "warmth")
    assert "empathy" in error.value.mend
