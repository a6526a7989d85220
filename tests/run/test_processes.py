"""Cells in several worker processes: order, errors, death of a worker and of the run."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from tidelab.cli.watch import Silent
from tidelab.errors import TidelabError
from tidelab.run import Cell
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.run.processes import Processes


def number(work, value=1):
    work.progress(1, 2, "half way")
    added = sum(work.read(cell, "n")["n"].item() for cell in work.cell.needs)
    work.note(process=os.getpid(), threads=os.environ.get("OMP_NUM_THREADS"))
    work.write("n", pl.DataFrame({"n": [value + added]}))


def fail(error, work):
    raise error


def die(work):
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(work):
    work.write_text("at_work", str(os.getpid()))
    time.sleep(60)


def diamond():
    return [
        Cell("a/top", {}, number),
        Cell("b/left", {}, partial(number, value=10), ("a/top",)),
        Cell("b/right", {}, partial(number, value=100), ("a/top",)),
        Cell("c/end", {}, number, ("b/left", "b/right")),
    ]


def one(work):
    return [Cell("a/one", {}, work), Cell("b/two", {}, number, ("a/one",))]


class Seen(Silent):
    def __init__(self):
        self.events = []

    def begin(self, cell, position, total):
        self.events.append(("begin", cell.name, position, total))
        return self

    def advance(self, done, total, note=""):
        self.events.append(("advance", done, total, note))

    def end(self, cell, seconds, rows):
        self.events.append(("end", cell.name))


def run(tmp_path, cells, workers=2, watcher=None):
    directory = RunDirectory(tmp_path / "run", create=True)
    with directory.locked():
        return directory, run_cells(directory, cells(), watcher or Silent(), Processes(workers, cells))


def value(directory, cell):
    return pl.read_parquet(directory.cell_dir(cell) / "n.parquet")["n"].item()


def test_every_cell_runs_after_what_it_needs_and_gives_what_one_process_gives(tmp_path):
    directory, ran = run(tmp_path, diamond)
    assert ran == ["a/top", "b/left", "b/right", "c/end"]
    alone = RunDirectory(tmp_path / "alone", create=True)
    run_cells(alone, diamond(), Silent(), Local())
    assert [value(directory, cell) for cell in ran] == [value(alone, cell) for cell in ran] == [1, 11, 101, 113]
    assert run(tmp_path, diamond)[1] == []


def test_no_cell_is_done_in_the_run_s_own_process_and_each_worker_has_its_share_of_the_cores(tmp_path):
    directory, ran = run(tmp_path, diamond)
    notes = [directory.done(cell)["notes"] for cell in ran]
    assert os.getpid() not in {n["process"] for n in notes} and len({n["process"] for n in notes}) <= 2
    assert {n["threads"] for n in notes} == {str(max(1, len(os.sched_getaffinity(0)) // 2))}


def test_the_watcher_sees_begin_progress_and_end_of_each_cell(tmp_path):
    seen = Seen()
    run(tmp_path, diamond, watcher=seen)
    assert [e[1:] for e in seen.events if e[0] == "begin"] == [("a/top", 1, 4), ("b/left", 2, 4), ("b/right", 3, 4), ("c/end", 4, 4)]
    assert seen.events.count(("advance", 1, 2, "half way")) == 4
    assert sorted(e[1] for e in seen.events if e[0] == "end") == ["a/top", "b/left", "b/right", "c/end"]


def test_an_error_of_the_user_comes_back_whole_and_what_was_done_is_kept(tmp_path):
    error = TidelabError("the lesson is too long", where="training.max_length", mend="shorten it")
    with pytest.raises(TidelabError) as raised:
        run(tmp_path, partial(one, partial(fail, error)))
    assert (raised.value.what, raised.value.where, raised.value.mend) == (error.what, error.where, error.mend)
    assert pickle.loads(pickle.dumps(error)).mend == "shorten it"


def test_a_bug_in_a_worker_shows_the_worker_s_own_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError) as raised:
        run(tmp_path, partial(one, partial(fail, ZeroDivisionError("of mine"))))
    assert "in fail" in "".join(raised.value.__notes__)


def test_a_worker_that_is_killed_is_an_error_that_names_the_cell(tmp_path):
    with pytest.raises(TidelabError, match="at work on a/one was killed"):
        run(tmp_path, partial(one, die))


def test_workers_die_with_their_run_and_the_next_command_goes_on(tmp_path):
    script = f"""
from pathlib import Path
from tests.run import test_processes as t
t.run(Path({str(tmp_path)!r}), t.sleeping)
"""
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2], start_new_session=True)
    mark = tmp_path / "run" / "a" / "one" / "at_work"
    deadline = time.monotonic() + 60
    while not mark.exists() or not mark.read_text():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    worker = int(mark.read_text())
    process.kill()  # the run alone: nobody tells its workers
    process.wait()
    directory = RunDirectory(tmp_path / "run")
    with directory.locked():  # given once they are gone
        assert ended(worker)
    assert run(tmp_path, partial(one, number))[1] == ["a/one", "b/two"]


def ended(process):
    """Whether it is gone, or waits for nothing but that somebody asks how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def sleeping():
    return one(sleep)


def test_a_run_whose_workers_will_not_go_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("tidelab.run.directory.WORKERS_END", 0.1)
    directory = RunDirectory(tmp_path / "run", create=True)
    with directory.used(), pytest.raises(TidelabError, match="workers of an earlier command"), directory.locked():
        pass
    with directory.locked():
        pass
