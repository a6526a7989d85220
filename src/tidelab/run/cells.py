"""Cell: one piece of a stage that runs and resumes alone. Work: what its function gets to read and write with.

A cell is complete when its `done.json` exists, written last and atomically. `begun.json` is written first and holds the
fingerprint for which everything else in the directory was made: a resumed cell goes on where its log ends, a cell whose
fingerprint has changed starts from an empty directory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tidelab.run import atomic

if TYPE_CHECKING:
    import polars as pl

    from tidelab.run.directory import RunDirectory

T = TypeVar("T")
Row = dict[str, Any]


class Progress(Protocol):
    """Told by a cell how far it is."""

    def advance(self, done: int, total: int, note: str = "") -> None:
        """`done` of `total` units are finished; `note` says more in a few words, such as what was paid so far."""


@dataclass(frozen=True)
class Cell:
    """A named, plain function from tables to tables."""

    name: str
    """`stage/system_id/metric`; unique in a run; its first part names the stage."""
    decides: Mapping[str, Any]
    """The settings and inputs, as JSON values, that decide its data. No paths, time-outs or secrets."""
    work: Callable[[Work], None]
    """Does it."""
    needs: tuple[str, ...] = ()
    """Names of the cells whose tables it reads."""
    version: int = 1
    """Raised when the code's results change."""

    @property
    def stage(self) -> str:
        """The step of the study that the cell belongs to."""
        return self.name.partition("/")[0]


@dataclass
class Work:
    """A cell at work in its own directory."""

    cell: Cell
    run: RunDirectory
    dir: Path
    report: Progress

    def __post_init__(self) -> None:
        self.notes: dict[str, Any] = {}
        self.tables: dict[str, int] = {}

    def path(self, cell: str) -> Path:
        """The directory of a finished cell that this one needs."""
        if cell not in self.cell.needs:
            raise ValueError(f"{self.cell.name} reads {cell} without needing it")
        return self.run.cell_dir(cell)

    def read(self, cell: str, table: str) -> pl.DataFrame:
        """A table of a finished cell that this one needs."""
        import polars as pl

        return pl.read_parquet(self.path(cell) / f"{table}.parquet")

    def write(self, table: str, frame: pl.DataFrame) -> None:
        """A table of this cell, whole or not at all."""
        atomic.write_parquet(self.dir / f"{table}.parquet", frame)
        self.tables[table] = frame.height

    def write_text(self, name: str, text: str) -> None:
        """A text file of this cell; `name` may hold one folder."""
        path = self.dir / name
        path.parent.mkdir(exist_ok=True)
        atomic.write_text(path, text)

    def note(self, **facts: Any) -> None:
        """Facts for done.json: counts, versions, seeds, warnings."""
        self.notes |= facts

    def done(self, cell: str) -> dict[str, Any]:
        """The done.json of a needed cell: fingerprint, tables' rows, notes, seconds."""
        self.path(cell)
        done = self.run.done(cell)
        assert done is not None, f"{cell} is not finished"
        return done

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Shows how far the cell is, where it does not go through `batches`."""
        self.report.advance(done, total, note)

    def batches(self, items: Sequence[T], size: int, do: Callable[[list[T]], list[Row]]) -> list[Row]:
        """All rows that `do` makes of `items`, in order, `size` at a time.

        Each batch becomes one line of the cell's log, fsynced before the next begins. An interrupted batch is redone whole, so
        the rows don't depend on where the cell was interrupted. A cell calls this at most once.
        """
        plan = [list(items[start : start + size]) for start in range(0, len(items), size)]
        log = self.dir / "log.jsonl"
        rows, finished = _replay(log, len(plan))
        self.report.advance(min(finished * size, len(items)), len(items))
        with log.open("ab") as file:
            for index in range(finished, len(plan)):
                made = do(plan[index])
                file.write(json.dumps({"batch": index, "rows": made}, ensure_ascii=False).encode("utf-8") + b"\n")
                file.flush()
                os.fsync(file.fileno())
                rows += made
                self.report.advance(min((index + 1) * size, len(items)), len(items))
        return rows


def _replay(log: Path, planned: int) -> tuple[list[Row], int]:
    """Rows and number of the log's complete batches; cuts off a line that a crash left half written."""
    rows: list[Row] = []
    finished, good = 0, 0
    if log.exists():
        with log.open("rb") as file:
            for entry in _whole_lines(file.read()):
                if entry is None or entry[1].get("batch") != finished or finished >= planned:
                    break
                rows += entry[1]["rows"]
                finished, good = finished + 1, entry[0]
        os.truncate(log, good)
    return rows, finished


def _whole_lines(content: bytes) -> Iterator[tuple[int, dict[str, Any]] | None]:
    """(offset after the line, its JSON) for each complete line; None at the first that isn't."""
    at = 0
    while (end := content.find(b"\n", at)) >= 0:
        try:
            value = json.loads(content[at:end])
        except ValueError:
            yield None
            return
        at = end + 1
        yield at, value
