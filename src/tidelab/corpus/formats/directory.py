"""A directory of tables, as the hub and `tide corpus export` keep them: JSON Lines, CSV and Parquet in it, or in its `data/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tidelab.corpus.formats import jsonl, table
from tidelab.corpus.formats.collect import Collector

READERS: dict[str, Callable[[Collector, Path, str], None]] = {
    ".jsonl": jsonl.into,
    ".ndjson": jsonl.into,
    ".csv": table.csv_into,
    ".tsv": table.csv_into,
    ".parquet": table.parquet_into,
}
"""How a file is read, by the end of its name: (collector, path, what stands before ids that the rows don't give)."""


def files(root: Path) -> list[Path]:
    """The tables in a directory, sorted; what was quarantined at an export or import is none."""
    found = [path for folder in (root, root / "data") if folder.is_dir() for path in sorted(folder.iterdir())]
    return [p for p in found if p.is_file() and p.suffix.lower() in READERS and not p.name.startswith(".") and "quarantine" not in p.name]


def into(collector: Collector, root: Path) -> None:
    """Reads every table; rows without an id are named after their file."""
    for path in files(root):
        READERS[path.suffix.lower()](collector, path, f"{path.stem}/")
