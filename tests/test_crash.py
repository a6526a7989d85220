"""kill -9 in each stage, at random moments, twenty times: the resumed run's tables equal those of an undisturbed one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

TINY = Path(__file__).parent / "fixtures" / "tiny.yaml"
CLOCKS = {"seconds"}  # the only columns that two undisturbed runs don't share
KILLS = {"corpus": 3, "students": 4, "replies": 5, "scores": 4, "analysis": 2, "report": 2}


def start(directory: Path) -> subprocess.Popen[bytes]:
    log = directory.parent / f"{directory.name}.log"
    with log.open("ab") as file:
        command = [sys.executable, "-m", "tidelab.cli", "run", str(TINY), "--out", str(directory)]
        return subprocess.Popen(command, stdout=file, stderr=file, env=os.environ | {"HF_HUB_OFFLINE": "1"}, start_new_session=True)


def begun(directory: Path, stage: str) -> set[Path]:
    """Cells of a stage that are at work or finished."""
    # os.walk and not Path.glob: the run removes directories while we look
    return {Path(at, name) for at, _, names in os.walk(directory / stage) for name in names if name in ("begun.json", "done.json")}


def kill_in(directory: Path, stage: str, chance: random.Random) -> bool:
    """Starts or resumes the run and kills it at a random moment of the stage; False if the run ended first."""
    before = begun(directory, stage)
    process = start(directory)
    while process.poll() is None:
        if begun(directory, stage) - before or any((p.parent / "log.jsonl").exists() for p in before):
            time.sleep(chance.choice([0, 0.01, 0.1, 0.4, 1.0]) * chance.random())
            break
        time.sleep(0.005)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


def tables(directory: Path) -> dict[str, pl.DataFrame]:
    return {str(p.relative_to(directory)): pl.read_parquet(p) for p in sorted(directory.glob("**/*.parquet"))}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_twenty_kills_change_nothing(tmp_path: Path) -> None:
    chance = random.Random(20)
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    process = start(calm)
    assert process.wait() == 0, (tmp_path / "calm.log").read_text()[-3000:]

    killed = dict.fromkeys(KILLS, 0)
    for stage, times in KILLS.items():
        for _ in range(times):
            killed[stage] += kill_in(stormy, stage, chance)
            torn = [p for p in stormy.glob("**/*.json") if p.name == "done.json" and not json.loads(p.read_text())["fingerprint"]]
            assert not torn
    assert start(stormy).wait() == 0, (tmp_path / "stormy.log").read_text()[-3000:]

    undisturbed, resumed = tables(calm), tables(stormy)
    assert undisturbed.keys() == resumed.keys()
    for name, table in undisturbed.items():
        other = resumed[name]
        drop = [c for c in table.columns if c in CLOCKS]
        assert_frame_equal(table.drop(drop), other.drop(drop), check_exact=True)
    assert not list(stormy.glob("**/log.jsonl")) and not list(stormy.glob("**/begun.json")) and not list(stormy.glob("**/*.part"))
    assert sum(killed.values()) >= 18 and all(killed.values()), f"too few kills hit a run at work: {killed}"
