"""What decides a cell's data, as one hash: its name, code version, settings, and the fingerprints of what it reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from tidelab.run.cells import Cell

VERSION = 1


def in_order(cells: Sequence[Cell]) -> list[Cell]:
    """The cells so that each stands after what it needs, as near to the given order as that allows."""
    by_name = {cell.name: cell for cell in cells}
    if len(by_name) != len(cells):
        raise ValueError("two cells have one name")
    missing = {need for cell in cells for need in cell.needs} - by_name.keys()
    if missing:
        raise ValueError(f"cells are needed that nobody makes: {sorted(missing)}")
    ordered: dict[str, Cell] = {}
    waiting = list(cells)
    while waiting:
        ready = next((cell for cell in waiting if all(need in ordered for need in cell.needs)), None)
        if ready is None:
            raise ValueError(f"cells need each other in a circle: {[cell.name for cell in waiting]}")
        ordered[ready.name] = ready
        waiting.remove(ready)
    return list(ordered.values())


def fingerprints(cells: Sequence[Cell]) -> dict[str, str]:
    """A hash (hex, 32 digits) for each cell name."""
    hashes: dict[str, str] = {}
    for cell in in_order(cells):
        decides = {
            "fingerprint": VERSION,
            "cell": cell.name,
            "version": cell.version,
            "decides": cell.decides,
            "needs": {need: hashes[need] for need in cell.needs},
        }
        hashes[cell.name] = hashlib.sha256(json.dumps(decides, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]
    return hashes


def of_files(path: Path) -> str:
    """Hash of a file's bytes, or of all files' names and bytes below a directory: an input's identity wherever it lies."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    whole = hashlib.sha256()
    for file in files:
        with file.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        name = "" if file == path else file.relative_to(path).as_posix()
        whole.update(f"{name}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()[:32]
