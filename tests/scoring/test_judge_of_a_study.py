"""`tide score --run DIR --judge`: a study's replies before a judge."""

from pathlib import Path

import polars as pl
import pytest

from tests.scoring.fake_judge import FakeJudge
from tests.study import run_study
from tidelab.scoring.judge import rubric


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
