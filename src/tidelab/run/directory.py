"""RunDirectory: one directory with everything of one experiment, used by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from tidelab.errors import TidelabError
from tidelab.run import atomic

FORMAT = 1
WORKERS_END = 10.0
"""Seconds in which workers whose run was killed must be gone."""
State = Literal["done", "changed", "interrupted", "missing"]


class RunDirectory:
    """Opens or creates a run at `path`. Raises TidelabError if `path` holds something else or a newer format."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        marker = path / "run.json"
        if create and not marker.exists():
            if path.exists() and (not path.is_dir() or any(p.name not in {".lock", ".workers", ".run.json.part"} for p in path.iterdir())):
                raise TidelabError("holds other things and no run", where=str(path), mend="choose another --out, or an empty directory")
            path.mkdir(parents=True, exist_ok=True)
            atomic.write_json(marker, {"format": FORMAT})
        if not marker.exists():
            raise TidelabError("is no run directory", where=str(path), mend="make one with `tide run PRESET --out DIR`")
        found = self.info().get("format")
        if found != FORMAT:
            raise TidelabError(
                f"the run has format {found!r}; this tidelab reads format {FORMAT}",
                where=str(marker),
                mend="use the tidelab that made it (its version stands there), or start a new run with another --out",
            )

    def info(self) -> dict[str, Any]:
        """run.json: format, version, git revision, hardware, packages, seed, command, start."""
        marker = self.path / "run.json"
        try:
            info = json.loads(marker.read_text("utf-8"))
        except ValueError as error:
            raise TidelabError(
                f"is not JSON: {error}", where=str(marker), mend="restore the file from a backup, or start a new run"
            ) from None
        return info if isinstance(info, dict) else {}

    def describe(self, **facts: Any) -> None:
        """Adds facts to run.json."""
        atomic.write_json(self.path / "run.json", self.info() | facts)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the run for this process; a second process gets a TidelabError. The lock dies with its holder."""
        with (self.path / ".lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                holder = file.read().strip() or "another process"
                raise TidelabError(
                    f"the run is in use by {holder}", where=str(self.path), mend="wait until it has ended, or choose another --out"
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()} on {os.uname().nodename}")
            file.flush()
            self._wait_for_workers()
            yield

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Held by each worker of a run, so that a later command never writes beside one that has yet to notice its run's end."""
        with (self.path / ".workers").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def _wait_for_workers(self) -> None:
        deadline = time.monotonic() + WORKERS_END
        with (self.path / ".workers").open("a") as file:
            while True:
                try:
                    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    if time.monotonic() > deadline:
                        raise TidelabError(
                            "workers of an earlier command are still at work in the run",
                            where=str(self.path),
                            mend="wait until they have ended, or end them",
                        ) from None
                    time.sleep(0.02)

    def cell_dir(self, cell: str) -> Path:
        """Where a cell lives: its name's parts as directories; characters that some file systems refuse are %-encoded."""
        return self.path.joinpath(*(quote(part, safe="@~+=,.-_ ") for part in cell.split("/")))

    def done(self, cell: str) -> dict[str, Any] | None:
        """done.json of a complete cell, else None."""
        return _json(self.cell_dir(cell) / "done.json")

    def state(self, cell: str, fingerprint: str) -> State:
        """What is there of a cell, seen from the fingerprint that it would have now."""
        done = self.done(cell)
        if done is not None:
            return "done" if done.get("fingerprint") == fingerprint else "changed"
        begun = _json(self.cell_dir(cell) / "begun.json")
        return "missing" if begun is None else "interrupted" if begun.get("fingerprint") == fingerprint else "changed"

    def reopen(self, cell: str) -> None:
        """Makes a complete cell one that was interrupted: the next run goes on in it."""
        (self.cell_dir(cell) / "done.json").unlink(missing_ok=True)

    def begin(self, cell: str, fingerprint: str) -> Path:
        """The cell's directory, ready to work in: kept if an interrupted try had this fingerprint, emptied otherwise."""
        directory = self.cell_dir(cell)
        if self.state(cell, fingerprint) != "interrupted":
            (directory / "done.json").unlink(missing_ok=True)  # first, so that a crash while emptying leaves no complete-looking cell
            (directory / "begun.json").unlink(missing_ok=True)
            if directory.exists():
                shutil.rmtree(directory)
            directory.mkdir(parents=True)
            atomic.write_json(directory / "begun.json", {"fingerprint": fingerprint})
        return directory

    def complete(self, cell: str, done: dict[str, Any]) -> None:
        """Writes the completion marker, last."""
        directory = self.cell_dir(cell)
        atomic.write_json(directory / "done.json", done)
        self.tidy(cell)

    def tidy(self, cell: str) -> None:
        """Removes what a complete cell no longer needs; a crash may have come between its marker and this."""
        for leftover in ("log.jsonl", "begun.json"):
            (self.cell_dir(cell) / leftover).unlink(missing_ok=True)


def _json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
