"""Processes: cells in several worker processes of this machine, each with its share of the cores.

A small model gains next to nothing from a second thread, and two of them taught side by side gain everything. A worker is a fresh
interpreter (never a fork: the numeric libraries' threads don't survive one), makes the cells anew and is told names.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tidelab.errors import TidelabError
from tidelab.run.cells import Cell, Progress
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Watcher, do

Cells = Callable[[], Sequence[Cell]]
"""Makes all cells of the study; can be pickled."""


class Processes:
    """As many cells at once as there are workers; a cell starts when all that it needs is done, in the order given."""

    def __init__(self, workers: int, cells: Cells) -> None:
        self.workers = max(1, workers)
        self.cells = cells

    def run(self, run: RunDirectory, cells: Sequence[Cell], hashes: Mapping[str, str], watcher: Watcher) -> None:
        """The first error ends all workers; what they were at goes on with the next command."""
        context = multiprocessing.get_context("spawn")
        count = min(self.workers, len(cells))
        threads = max(1, cores() // count)
        idle: list[Connection] = []
        workers = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            worker = context.Process(target=_serve, args=(theirs, self.cells, run.path, dict(hashes), threads), daemon=True)
            worker.start()
            theirs.close()
            workers.append(worker)
            idle.append(ours)
        try:
            _hand_out(list(cells), idle, watcher)
        finally:
            for worker in workers:
                worker.kill()
            for worker in workers:
                worker.join()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hand_out(waiting: list[Cell], idle: list[Connection], watcher: Watcher) -> None:
    total, begun = len(waiting), 0
    unfinished = {cell.name for cell in waiting}
    at_work: dict[Connection, tuple[Cell, Progress]] = {}
    while unfinished:
        for cell in [c for c in waiting if not unfinished.intersection(c.needs)][: len(idle)]:
            waiting.remove(cell)
            begun += 1
            worker = idle.pop()
            at_work[worker] = cell, watcher.begin(cell, begun, total)
            worker.send(cell.name)
        for ready in wait(list(at_work)):
            assert isinstance(ready, Connection)
            cell, progress = at_work[ready]
            try:
                kind, told = ready.recv()
            except (EOFError, ConnectionResetError):
                raise TidelabError(
                    f"the process at work on {cell.name} was killed",
                    where="executor",
                    mend="most often memory ran out: give a smaller `workers`, or `executor: local`, and the same command: it goes on",
                ) from None
            if kind == "advance":
                progress.advance(*told)
            elif kind == "failed":
                raise told
            else:
                del at_work[ready]
                idle.append(ready)
                unfinished.discard(cell.name)
                watcher.end(cell, *told)


class _Told:
    """A worker's progress, sent to the run's process, at most five times a second."""

    def __init__(self, run: Connection) -> None:
        self._run, self._last = run, 0.0

    def advance(self, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if now - self._last > 0.2 or done >= total:
            self._last = now
            self._run.send(("advance", (done, total, note)))


def _serve(parent: Connection, cells: Cells, path: Path, hashes: Mapping[str, str], threads: int) -> None:
    """A worker's life: takes names, does cells, says how it went, until the run's process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the run's to handle; it ends its workers
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(threads)  # read by torch when it is imported, which nothing has done yet
    run = RunDirectory(path)
    with run.used():
        known = {cell.name: cell for cell in cells()}
        while True:
            name = parent.recv()
            try:
                answer: tuple[str, object] = ("done", do(run, known[name], hashes[name], _Told(parent)))
            except BaseException as error:
                answer = ("failed", _sendable(error))
            parent.send(answer)


def _end_with_the_run() -> None:
    run = multiprocessing.parent_process()
    assert run is not None
    run.join()
    os._exit(1)


def _sendable(error: BaseException) -> BaseException:
    """The error with its traceback as a note, or its text where it can't be pickled."""
    if not isinstance(error, TidelabError):
        error.add_note("in a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error
