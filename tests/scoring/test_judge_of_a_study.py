"""`tide score --run DIR --judge`: a study's replies before a judge."""

from pathlib import Path

import polars as pl
import pytest

from tests.engines.asking import name as named
from tests.scoring.fake_judge import FakeJudge
from tests.study import TINY, run_study
from tidelab import stages
from tidelab.errors import TidelabError
from tidelab.scoring.judge import rubric
from tidelab.settings import resolve


@pytest.mark.slow
def test_every_system_of_a_study_is_judged_and_its_own_cells_are_left_as_they_are(tmp_path: Path, tide) -> None:
    run = tmp_path / "run"
    sets = ("scoring.metrics=[length]", "students=[{model: nano:0.3m, conditions: [zero-shot]}]", "corpus.limit=2")
    assert run_study(run, *sets)["exit"] == 0
    before = {p: p.stat().st_mtime_ns for p in run.rglob("done.json")}
    with FakeJudge(lambda person, reply: 2) as server:
        code, result = tide(server, "--run", run)
        asked = len(server.asked)
    assert code == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert {e["system_id"] for e in result["scores"]} == {"floor:constant", "floor:echo", "floor:nearest", "nano-0.3m@zero-shot"}
    table = pl.read_parquet(run / "scores" / "floor%3Aecho" / "judge" / "scores.parquet")
    assert set(table["metric"]) == {f"judge_{key}" for key in rubric.load().keys}
    assert 0 < asked <= 4 * 4


@pytest.mark.slow
def test_the_report_of_a_study_shows_its_judges_scores_and_marks_an_unfit_judge(tmp_path: Path, monkeypatch, keys_and_no_waits) -> None:
    run = tmp_path / "run"
    with FakeJudge(lambda person, reply: 3) as server:  # the same to everybody: unfit
        judge = named(server, "openai-compatible")
        more = ("scoring.metrics=[length]", "students=[{model: nano:0.3m, conditions: [zero-shot, fine-tuned]}]", "corpus.limit=3")
        assert run_study(run, *more, f"scoring.judges=['{judge}']")["exit"] == 0
        asked = len(server.asked)
        assert run_study(run, *more, f"scoring.judges=['{judge}']")["exit"] == 0
        assert len(server.asked) == asked > 0
    page = (run / "report" / "index.html").read_text("utf-8")
    assert "Judge: Overall empathy (unfit judge)" in page and "Judge: Distress normalization (unfit judge)" in page
    means = pl.read_csv(run / "report" / "tables" / "means.csv")
    assert set(means.filter(pl.col("metric") == "judge_overall (unfit judge)")["mean"].drop_nulls()) == {3.0}


def test_a_judge_of_a_study_that_is_named_wrongly_or_has_no_key_is_told_before_anything_is_done(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    for judge, where in (("anthropic", "scoring.judges"), ("anthropic:some-model", "ANTHROPIC_API_KEY")):
        experiment = resolve(str(TINY), [f"scoring.judges=['{judge}']"]).experiment
        with pytest.raises(TidelabError) as refused:
            stages.check(experiment, tmp_path)
        assert refused.value.where == where
