"""kill -9 in each stage, at random moments, twenty times and more: the resumed run's tables equal those of an undisturbed one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

TINY = Path(__file__).parent / "fixtures" / "tiny.yaml"
CLOCKS = {"seconds"}  # the only columns that two undisturbed runs don't share
KILLS = {
    "local": {"corpus": 3, "students": 4, "replies": 5, "scores": 4, "analysis": 2, "report": 2},
    "processes": {"students": 2, "replies": 3, "scores": 2},
}


def start(directory: Path, executor: str = "local") -> subprocess.Popen[bytes]:
    log = directory.parent / f"{directory.name}.log"
    with log.open("ab") as file:
        command = [sys.executable, "-m", "tidelab.cli", "run", str(TINY), "--out", str(directory), "--set", f"executor={executor}"]
        return subprocess.Popen(command, stdout=file, stderr=file, env=os.environ | {"HF_HUB_OFFLINE": "1"}, start_new_session=True)


def begun(directory: Path, stage: str) -> set[Path]:
    """Cells of a stage that are at work or finished."""
    # os.walk and not Path.glob: the run removes directories while we look
    return {Path(at, name) for at, _, names in os.walk(directory / stage) for name in names if name in ("begun.json", "done.json")}


def kill_in(directory: Path, stage: str, chance: random.Random, executor: str) -> bool:
    """Starts or resumes the run and kills it at a random moment of the stage; False if the run ended first."""
    before = begun(directory, stage)
    process = start(directory, executor)
    while process.poll() is None:
        if begun(directory, stage) - before or any((p.parent / "log.jsonl").exists() for p in before):
            time.sleep(chance.choice([0, 0.01, 0.1, 0.4, 1.0]) * chance.random())
            break
        time.sleep(0.005)
    alive = process.poll() is None
    if alive:
        process.kill()  # it alone: worker processes must notice by themselves
    process.wait()
    return alive


def tables(directory: Path) -> dict[str, pl.DataFrame]:
    return {str(p.relative_to(directory)): pl.read_parquet(p) for p in sorted(directory.glob("**/*.parquet"))}


@pytest.fixture(scope="module", params=["local", "processes"])
def calm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """An executor's name and the run that it did undisturbed: sums of 1 thread and of 2 may differ in their last bit."""
    directory = tmp_path_factory.mktemp("crash") / "calm"
    assert start(directory, request.param).wait() == 0, directory.with_suffix(".log").read_text()[-3000:]
    return request.param, directory


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_kills_at_any_moment_change_nothing(calm: tuple[str, Path], tmp_path: Path) -> None:
    executor, undisturbed_run = calm
    kills = KILLS[executor]
    chance = random.Random(20)
    stormy = tmp_path / "stormy"
    killed = dict.fromkeys(kills, 0)
    for stage, times in kills.items():
        for _ in range(times):
            killed[stage] += kill_in(stormy, stage, chance, executor)
            torn = [p for p in stormy.glob("**/*.json") if p.name == "done.json" and not json.loads(p.read_text())["fingerprint"]]
            assert not torn
    assert start(stormy, executor).wait() == 0, (tmp_path / "stormy.log").read_text()[-3000:]

    undisturbed, resumed = tables(undisturbed_run), tables(stormy)
    assert undisturbed.keys() == resumed.keys()
    for name, table in undisturbed.items():
        other = resumed[name]
        drop = [c for c in table.columns if c in CLOCKS]
        assert_frame_equal(table.drop(drop), other.drop(drop), check_exact=True)
    assert not list(stormy.glob("**/log.jsonl")) and not list(stormy.glob("**/begun.json")) and not list(stormy.glob("**/*.part"))
    assert sum(killed.values()) >= 0.9 * sum(kills.values()) and all(killed.values()), f"too few kills hit a run at work: {killed}"
