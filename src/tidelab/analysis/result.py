"""The shape that every analysis returns: typed rows, the settings that made them, a table and JSON."""

from __future__ import annotations

import json
import math
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import polars as pl

Row = TypeVar("Row")


@dataclass(frozen=True)
class Result(Generic[Row]):
    """Rows of one dataclass and the settings (resamples, confidence, seed) that decided them."""

    kind: type[Row]
    rows: tuple[Row, ...]
    settings: Mapping[str, Any]

    def table(self) -> pl.DataFrame:
        """One row per `Row`, in its order; the same columns when there are none."""
        return table(self.kind, self.rows)

    def to_json(self) -> str:
        """JSON with `settings` and `rows`; NaN becomes null, since JSON has no NaN."""
        return to_json({"settings": dict(self.settings), "rows": [asdict(row) for row in self.rows]})  # type: ignore[call-overload]


@dataclass(frozen=True)
class Answer:
    """What one question found: tables by name, and the same in plain words."""

    question: str  # of `analysis/`, its file's name
    asks: str  # the question as a person would ask it
    parts: Mapping[str, Result[Any]]
    reading: tuple[str, ...]

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by its name."""
        return {name: part.table() for name, part in self.parts.items()}

    def to_json(self) -> str:
        """JSON with `question`, `asks`, `reading` and `parts` (settings and rows of each)."""
        return to_json(self.plain())

    def plain(self) -> dict[str, Any]:
        """The same as plain values, NaN still in them."""
        parts = {name: {"settings": dict(p.settings), "rows": [asdict(row) for row in p.rows]} for name, p in self.parts.items()}
        return {"question": self.question, "asks": self.asks, "reading": list(self.reading), "parts": parts}


def table(kind: type[Row], rows: tuple[Row, ...]) -> pl.DataFrame:
    """Dataclass rows as a table whose columns follow the class's fields and types."""
    import polars as pl

    columns = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    hints = typing.get_type_hints(kind)
    schema = {f.name: columns[hints[f.name]] for f in fields(kind)}  # type: ignore[arg-type]
    return pl.DataFrame([asdict(row) for row in rows], schema=schema, orient="row")  # type: ignore[call-overload]


def to_json(value: Any) -> str:
    """Indented JSON with sorted keys and null for NaN."""
    return json.dumps(_plain(value), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
