"""Files that exist whole or not at all: written beside, fsynced, renamed, the directory fsynced."""

from __future__ import annotations

import io
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


def write_bytes(path: Path, content: bytes) -> None:
    """Puts `content` at `path`, atomically and durably."""
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


def write_text(path: Path, text: str) -> None:
    """Text as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """JSON for people to read: indented, unescaped, and null for NaN, which JSON lacks."""
    write_text(path, json.dumps(_without_nan(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_parquet(path: Path, table: pl.DataFrame) -> None:
    """A table as Parquet (zstd)."""
    buffer = io.BytesIO()  # so that a full disk is the OSError that it is, and not an error of polars' own
    table.write_parquet(buffer, compression="zstd")
    write_bytes(path, buffer.getvalue())


def sync_directory(path: Path) -> None:
    """Makes a rename or an unlink in `path` durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
