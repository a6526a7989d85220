"""Shows a run going by: bars with rate and time left on a terminal, a line per cell elsewhere, nothing under --json."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidelab.run.cells import Cell
    from tidelab.run.executor import Watcher


class Silent:
    """For `--json`: machines read the result, not the way there."""

    def begin(self, cell: Cell, position: int, total: int) -> None:
        """Nothing."""

    def advance(self, done: int, total: int, note: str = "") -> None:
        """Nothing."""

    def end(self, cell: Cell, seconds: float, rows: int) -> None:
        """Nothing."""


class Lines(Silent):
    """For logs: one line when a cell ends, and one every ten seconds while it works."""

    def begin(self, cell: Cell, position: int, total: int) -> None:
        """Remembers where the run is."""
        self._head = f"[{position:>{len(str(total))}}/{total}] {cell.name}"
        self._start = self._told = time.monotonic()
        self._resumed: int | None = None

    def advance(self, done: int, total: int, note: str = "") -> None:
        """At most a line in ten seconds."""
        now = time.monotonic()
        if self._resumed is None:
            self._resumed = done
        if now - self._told > 10 and done < total:
            self._told = now
            rate = (done - self._resumed) / (now - self._start)
            left = f", {(total - done) / rate:.0f} s left" if rate > 0 else ""
            print(f"{self._head}  {done} of {total}, {rate:.1f}/s{left}{note and f', {note}'}", file=sys.stderr, flush=True)

    def end(self, cell: Cell, seconds: float, rows: int) -> None:
        """The cell's time and rows."""
        print(f"{self._head}  {seconds:.1f} s, {rows} rows", file=sys.stderr, flush=True)


class Bars(Silent):
    """For people: a bar over all cells, and one for the cell at work."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._all = self._progress.add_task("cells", total=None, rate="")
        self._cell = self._progress.add_task("", total=None, rate="")

    def begin(self, cell: Cell, position: int, total: int) -> None:
        """Starts the cell's bar anew."""
        self._progress.start()
        self._progress.update(self._all, total=total, completed=position - 1)
        self._progress.reset(self._cell, description=cell.name, total=None, rate="")
        self._start, self._resumed = time.monotonic(), -1

    def advance(self, done: int, total: int, note: str = "") -> None:
        """Moves the cell's bar; rows of an earlier try don't count into the rate."""
        self._resumed = done if self._resumed < 0 else self._resumed
        rate = (done - self._resumed) / max(time.monotonic() - self._start, 1e-9)
        self._progress.update(self._cell, completed=done, total=total, rate=" ".join(filter(None, (f"{rate:.1f}/s" if rate else "", note))))

    def end(self, cell: Cell, seconds: float, rows: int) -> None:
        """Leaves a line behind."""
        self._progress.console.print(f"[dim]{cell.name}[/dim]  {seconds:.1f} s, {rows} rows", highlight=False)
        self._progress.advance(self._all)

    def close(self) -> None:
        """Gives the terminal back."""
        self._progress.stop()


def watcher(json: bool) -> Watcher:
    """The one that suits standard error."""
    return Silent() if json else Bars() if sys.stderr.isatty() else Lines()
