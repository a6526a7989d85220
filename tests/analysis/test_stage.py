import hashlib
import json

import polars as pl
import pytest

from tests.report import runs
from tidelab import stages
from tidelab.analysis import stage
from tidelab.errors import TidelabError
from tidelab.run.fingerprint import in_order


def test_each_question_is_a_cell_whose_table_and_json_agree(tmp_path):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["cosine", "bertscore", "cosine"]}, analysis={"resamples": 200})
    run = runs.make(tmp_path / "run", experiment, personas={"rehearsal": 6}, until="analysis")
    for question in ("means", "gains", "ceiling"):
        folder = run.cell_dir(f"analysis/{question}")
        found = json.loads((folder / "result.json").read_text("utf-8"))
        assert found["reading"] and found["question"] == question
        for name, part in found["parts"].items():
            assert len(part["rows"]) == len(pl.read_parquet(folder / f"{name}.parquet")) == run.done(f"analysis/{question}")["tables"][name]
    assert len(pl.read_parquet(run.cell_dir("analysis/means") / "means.parquet")) == 5 * 4  # systems x parts, a metric named twice once
    assert json.loads((run.cell_dir("analysis/gains") / "result.json").read_text())["parts"]["gains"]["settings"]["resamples"] == 200


def test_seed_resamples_and_confidence_decide_the_fingerprint_and_nothing_else_of_the_experiment():
    def decides(**more):
        return [cell.decides for cell in stage.cells(runs.experiment(**more))]

    assert decides() == decides(engine={"batch_size": 3}) == decides(limits={"free_disk_gb": 9})
    assert decides() != decides(seed=8)
    assert decides() != decides(analysis={"confidence": 0.9})


def test_the_cells_need_the_scores_of_every_system_and_metric():
    cells = {cell.name.removeprefix("analysis/"): cell for cell in stage.cells(runs.experiment())}
    for question in ("means", "gains", "by_scenario", "gap_closed"):
        assert len([n for n in cells[question].needs if n.startswith("scores/")]) == 9 * 6
    assert set(cells["ceiling"].needs) == {"analysis/means", "students/roster"}
    assert cells["preregistration"].needs == ()


def test_what_will_be_tested_depends_on_the_configuration_and_its_hash_stands_beside_it(tmp_path):
    def text(**more):
        return next(c for c in stage.cells(runs.experiment(**more)) if c.name == "analysis/preregistration").decides["text"]

    assert text() == text() == text(engine={"batch_size": 3})
    assert text() != text(analysis={"confidence": 0.9})
    assert "older-adults-prefer-validation-first" in text()
    run = runs.make(
        tmp_path / "run", runs.experiment(students=["nano:1m"], analysis={"resamples": 200}), personas={"rehearsal": 6}, until="analysis"
    )
    folder = run.cell_dir("analysis/preregistration")
    written = (folder / "preregistration.md").read_bytes()
    assert json.loads((folder / "result.json").read_text("utf-8"))["sha256"] == hashlib.sha256(written).hexdigest()


def test_no_path_of_the_machine_enters_the_text_or_decides_its_hash(tmp_path):
    def text(name):
        (tmp_path / name).mkdir()
        experiment = runs.experiment(corpus={"source": str(tmp_path / name)}, scoring={"encoder": str(tmp_path / name)}).located()
        return next(c for c in stage.cells(experiment) if c.name == "analysis/preregistration").decides["text"]

    one = text("one")
    assert one == text("other")
    assert str(tmp_path) not in one
    assert "Corpus: a copy of one's own." in one


def test_what_will_be_tested_is_written_before_there_are_data():
    assert in_order(stages.cells(runs.experiment()))[0].name == "analysis/preregistration"


def test_a_run_whose_settings_change_after_its_scores_keeps_the_first_plan_and_says_so(tmp_path):
    def said(confidence):
        experiment = runs.experiment(students=["nano:1m"], analysis={"resamples": 200, "confidence": confidence})
        return runs.study(runs.make(tmp_path / "run", experiment, personas={"rehearsal": 6}), experiment)

    first = said(0.95)
    assert first.planned[0].endswith(f"before the scores were read (SHA-256 {first.preregistered[0]}).")
    later = said(0.9)
    assert first.preregistered[0] in later.planned[0] and later.preregistered[0] in later.planned[0]
    assert "changed after data were there" in later.planned[0]
    assert later.planned[1] == first.preregistered[1]
    page = (tmp_path / "run" / "report" / "index.html").read_text("utf-8")
    assert "changed after data were there" in page and "The plan from before the data" in page


def test_claims_on_rehearsal_conversations_and_nano_students_are_not_testable_here(tmp_path):
    run = runs.make(
        tmp_path / "run", runs.experiment(students=["nano:1m"], analysis={"resamples": 200}), personas={"rehearsal": 6}, until="analysis"
    )
    table = pl.read_parquet(run.cell_dir("analysis/claims") / "claims.parquet")
    assert set(table["verdict"]) == {"not testable here"}
    why = dict(zip(table["id"], table["why"], strict=True))
    assert "rehearsal" in why["fine-tuning-helps"] and "nano" in why["fine-tuning-helps"]
    assert why["gender-hardly-matters"] == "there are no ratings"


def test_one_size_of_data_is_shown_as_points_and_no_ceiling_is_claimed(tmp_path):
    run = runs.make(
        tmp_path / "run", runs.experiment(students=["nano:1m"], analysis={"resamples": 200}), personas={"rehearsal": 6}, until="analysis"
    )
    folder = run.cell_dir("analysis/learning_curves")
    assert pl.read_parquet(folder / "points.parquet")["student"].unique().to_list() == ["nano-1m"]
    assert set(pl.read_parquet(folder / "curves.parquet")["verdict"]) == {"shown, not fitted"}


def test_a_student_taught_on_parts_of_the_data_has_a_curve_through_all_of_them(tmp_path):
    taught = {"model": "nano:1m", "fractions": ["1/8", "1/4", "1/2", "1"], "conditions": ["zero-shot", "fine-tuned"]}
    experiment = runs.experiment(students=[taught], scoring={"metrics": ["cosine"]}, analysis={"resamples": 200})
    run = runs.make(tmp_path / "run", experiment, personas={"rehearsal": 6}, until="analysis")
    folder = run.cell_dir("analysis/learning_curves")
    assert pl.read_parquet(folder / "points.parquet")["rows"].to_list() == [30, 60, 120, 240]
    assert pl.read_parquet(folder / "curves.parquet")["verdict"].item() != "shown, not fitted"
    means = pl.read_parquet(run.cell_dir("analysis/means") / "means.parquet")
    assert not means["system_id"].str.contains("~").any(), "a point of a curve is no system of the study's tables"


def test_claims_that_cannot_be_read_stop_a_run_before_it_starts(tmp_path):
    with pytest.raises(TidelabError, match="no claims"):
        stage.check(runs.experiment(analysis={"claims": str(tmp_path / "none.yaml")}))


def test_serious_failures_are_counted_by_system_and_risk_where_a_study_scores_safety(tmp_path, monkeypatch):
    assert "analysis/safe" not in [cell.name for cell in stage.cells(runs.experiment())]
    monkeypatch.setitem(runs.PARTS, "safety", ("serious_failure", "blame"))
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["safety"]}, analysis={"resamples": 200})
    run = runs.make(tmp_path / "run", experiment, personas={"rehearsal": 6}, until="analysis")
    table = pl.read_parquet(run.cell_dir("analysis/safe") / "failures.parquet").filter(pl.col("failure") == "serious_failure")
    assert set(table["risk"]) == {"all", "none", "low"}
    for _, rows in table.group_by("system_id"):
        by_risk = dict(zip(rows["risk"], rows["replies"], strict=True))
        assert by_risk["all"] == by_risk["none"] + by_risk["low"]
    assert (table["low"] <= table["share"]).all() and (table["share"] <= table["high"]).all()
