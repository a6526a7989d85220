"""Who runs cells. A stage never knows: it hands over cells, and an executor runs each after what it needs."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from tidelab.errors import TidelabError
from tidelab.run.cells import Cell, Progress, Work
from tidelab.run.directory import RunDirectory
from tidelab.run.fingerprint import fingerprints, in_order


class Executor(Protocol):
    """Runs `do` once for each cell, never before the cells that it needs."""

    def run(self, cells: Sequence[Cell], do: Callable[[Cell], None]) -> None:
        """Returns when all are done; an error in one ends the rest."""


class Local:
    """One cell after the other in this process, so that loaded models and encoded references are shared."""

    def run(self, cells: Sequence[Cell], do: Callable[[Cell], None]) -> None:
        """In the order given."""
        for cell in cells:
            do(cell)


EXECUTORS: dict[str, Callable[[], Executor]] = {"local": Local}


class Watcher(Progress, Protocol):
    """Sees a run go by; the command line shows it to people."""

    def begin(self, cell: Cell, position: int, total: int) -> None:
        """A cell starts."""

    def end(self, cell: Cell, seconds: float, rows: int) -> None:
        """A cell is complete."""


def run_cells(run: RunDirectory, cells: Sequence[Cell], watcher: Watcher, executor: Executor) -> list[str]:
    """Runs what is missing or changed; returns the names of the cells that were run. The caller holds the lock."""
    hashes = fingerprints(cells)
    todo = [cell for cell in in_order(cells) if run.state(cell.name, hashes[cell.name]) != "done"]
    for name in hashes.keys() - {cell.name for cell in todo}:
        run.tidy(name)
    position = {cell.name: index for index, cell in enumerate(todo, 1)}

    def do(cell: Cell) -> None:
        watcher.begin(cell, position[cell.name], len(todo))
        start = time.monotonic()
        try:
            work = Work(cell, run, run.begin(cell.name, hashes[cell.name]), watcher)
            cell.work(work)
            seconds = time.monotonic() - start
            run.complete(
                cell.name,
                {
                    "cell": cell.name,
                    "fingerprint": hashes[cell.name],
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
        watcher.end(cell, seconds, sum(work.tables.values()))

    executor.run(todo, do)
    return [cell.name for cell in todo]
