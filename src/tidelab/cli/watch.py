"""Shows a run going by: bars with rate and time left on a terminal, a line per cell elsewhere, nothing under --json."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidelab.run.cells import Cell, Progress
    from tidelab.run.executor import Watcher


class Silent:
    """For `--json`: machines read the result, not the way there. Also the progress of a cell that nobody watches."""

    def begin(self, cell: Cell, position: int, total: int) -> Progress:
        """Nothing."""
        return self

    def advance(self, done: int, total: int, note: str = "") -> None:
        """Nothing."""

    def end(self, cell: Cell, seconds: float, rows: int) -> None:
        """Nothing."""


class Lines:
    """For logs: one line when a cell ends, and one every ten seconds while it works."""

    def __init__(self) -> None:
        self._cells: dict[str, _Line] = {}

    def begin(self, cell: Cell, position: int, total: int) -> Progress:
        """Remembers where the run is."""
        self._cells[cell.name] = _Line(f"[{position:>{len(str(total))}}/{total}] {cell.name}")
        return self._cells[cell.name]

    def end(self, cell: Cell, seconds: float, rows: int) -> None:
        """The cell's time and rows."""
        print(f"{self._cells.pop(cell.name).head}  {seconds:.1f} s, {rows} rows", file=sys.stderr, flush=True)


class _Line:
    def __init__(self, head: str) -> None:
        self.head = head
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
            print(f"{self.head}  {done} of {total}, {rate:.1f}/s{left}{note and f', {note}'}", file=sys.stderr, flush=True)


class Bars:
    """For people: a bar over all cells, and one for each cell at work."""

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
        self._cells: dict[str, _Bar] = {}

    def begin(self, cell: Cell, position: int, total: int) -> Progress:
        """Adds the cell's bar."""
        self._progress.start()
        self._progress.update(self._all, total=total)
        self._cells[cell.name] = _Bar(self._progress, self._progress.add_task(cell.name, total=None, rate=""))
        return self._cells[cell.name]

    def end(self, cell: Cell, seconds: float, rows: int) -> None:
        """Leaves a line behind."""
        self._progress.remove_task(self._cells.pop(cell.name).task)
        self._progress.console.print(f"[dim]{cell.name}[/dim]  {seconds:.1f} s, {rows} rows", highlight=False)
        self._progress.advance(self._all)

    def close(self) -> None:
        """Gives the terminal back."""
        self._progress.stop()


class _Bar:
    def __init__(self, bars: Any, task: Any) -> None:
        self._bars, self.task = bars, task
        self._start, self._resumed = time.monotonic(), -1

    def advance(self, done: int, total: int, note: str = "") -> None:
        """Moves the bar; rows of an earlier try don't count into the rate."""
        self._resumed = done if self._resumed < 0 else self._resumed
        rate = (done - self._resumed) / max(time.monotonic() - self._start, 1e-9)
        self._bars.update(self.task, completed=done, total=total, rate=" ".join(filter(None, (f"{rate:.1f}/s" if rate else "", note))))


def watcher(json: bool) -> Watcher:
    """The one that suits standard error."""
    return Silent() if json else Bars() if sys.stderr.isatty() else Lines()
