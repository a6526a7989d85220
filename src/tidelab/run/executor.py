"""Who runs cells. A stage never knows: it hands over cells, and an executor runs each after what it needs."""

from __future__ import annotations

import errno
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from tidelab.errors import TidelabError
from tidelab.run.cells import Cell, Progress, Work
from tidelab.run.directory import RunDirectory
from tidelab.run.fingerprint import fingerprints, in_order


class Watcher(Protocol):
    """Sees a run go by; the command line shows it to people."""

    def begin(self, cell: Cell, position: int, total: int) -> Progress:
        """A cell starts; it tells what is returned how far it is."""

    def end(self, cell: Cell, seconds: float, rows: int) -> None:
        """A cell is complete."""


class Executor(Protocol):
    """Runs each cell once, never before the cells that it needs."""

    def run(self, run: RunDirectory, cells: Sequence[Cell], hashes: Mapping[str, str], watcher: Watcher) -> None:
        """`cells` in an order that respects their needs, `hashes` by their names. Returns when all are done; an error ends the rest."""


class Local:
    """One cell after the other in this process, so that loaded models and encoded references are shared."""

    def run(self, run: RunDirectory, cells: Sequence[Cell], hashes: Mapping[str, str], watcher: Watcher) -> None:
        """In the order given."""
        for position, cell in enumerate(cells, 1):
            progress = watcher.begin(cell, position, len(cells))
            watcher.end(cell, *do(run, cell, hashes[cell.name], progress))


def do(run: RunDirectory, cell: Cell, fingerprint: str, progress: Progress) -> tuple[float, int]:
    """Carries out one cell to its completion marker; (seconds, rows of its tables)."""
    start = time.monotonic()
    try:
        work = Work(cell, run, run.begin(cell.name, fingerprint), progress)
        cell.work(work)
        seconds = time.monotonic() - start
        run.complete(
            cell.name,
            {
                "cell": cell.name,
                "fingerprint": fingerprint,
                "tables": work.tables,
                "notes": work.notes,
                "seconds": round(seconds, 3),
                "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            },
        )
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise TidelabError(
            f"the disk is full; {cell.name} is unfinished, all before it is kept",
            where=str(run.path),
            mend="free some space and give the same command again: it goes on where it stopped",
        ) from error
    return seconds, sum(work.tables.values())


def run_cells(run: RunDirectory, cells: Sequence[Cell], watcher: Watcher, executor: Executor) -> list[str]:
    """Runs what is missing or changed; returns the names of the cells that were run. The caller holds the lock."""
    hashes = fingerprints(cells)
    todo = [cell for cell in in_order(cells) if run.state(cell.name, hashes[cell.name]) != "done"]
    for name in hashes.keys() - {cell.name for cell in todo}:
        run.tidy(name)
    if todo:
        executor.run(run, todo, hashes, watcher)
    return [cell.name for cell in todo]
