"""The study as a list: which rooms give cells, in the order in which data flows. A new stage is one line here."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidelab import judges
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.run.cells import Cell
from tidelab.run.directory import RunDirectory

ROOMS = ("corpus", "students", "scoring", "study", "analysis", "report")


def cells(experiment: Experiment, until: str = "report") -> list[Cell]:
    """All cells of the study up to and with the room `until`."""
    found: list[Cell] = []
    for room in ROOMS[: ROOMS.index(until) + 1]:
        found += _stage(room).cells(experiment)
        if room == "scoring":
            found += judges.cells(experiment)
    return sorted(found, key=lambda cell: cell.name != "analysis/preregistration")  # what will be tested is written before there are data


def check(experiment: Experiment, directory: Path) -> None:
    """Whatever a run will need is looked for before it starts: nothing fails after hours for want of a file."""
    for room in ROOMS:
        if hasattr(_stage(room), "check"):
            _stage(room).check(experiment)
    judges.check(experiment)
    there = next(p for p in (directory, *directory.absolute().parents) if p.exists())
    free = shutil.disk_usage(there).free / 1e9
    if free < experiment.limits.free_disk_gb:
        raise TidelabError(
            f"only {free:.2f} GB are free and the run asks for {experiment.limits.free_disk_gb:g} GB",
            where=str(there),
            mend="free some space, choose another --out, or lower limits.free_disk_gb",
        )


def incomplete(run: RunDirectory, planned: Sequence[Cell]) -> dict[str, tuple[int, int]]:
    """Quarantined and unscored rows of a finished run: {what: (rows, of)}."""
    import polars as pl

    def table(cell: str, name: str) -> pl.DataFrame:
        return pl.read_parquet(run.cell_dir(cell) / f"{name}.parquet")

    names = [cell.name for cell in planned]
    quarantined = table("corpus/check", "quarantine").height
    counts = {"quarantined": (quarantined, quarantined + table("corpus/check", "conversations").height)}
    replies = [table(name, "replies")["text"] for name in names if name.startswith("replies/")]
    tables = [table(name, "scores") for name in names if name.startswith("scores/")]
    scores = [t.filter(~pl.col("reason").str.starts_with("not applicable: "))["value"] for t in tables]
    counts["without reply"] = (sum(t.null_count() for t in replies), sum(t.len() for t in replies))
    counts["unscored"] = (sum(int(t.is_nan().sum()) for t in scores), sum(t.len() for t in scores))
    return counts


def _stage(room: str) -> Any:
    return importlib.import_module(f"tidelab.{room}.stage")
