"""Ratings of any origin: read from a file, checked row by row, nothing used or dropped without a word.

A ratings table has `conversation_id, system_id, participant_id, factor, value` and may have `order, source` and any columns that tell
of participants or replies (`age_group`, `gender`, `validation_order` ...), which the questions then can use.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidelab.analysis.result import Result
from tidelab.errors import TidelabError

if TYPE_CHECKING:
    import polars as pl

KEYS = ("conversation_id", "system_id", "participant_id", "factor")
NEEDED = ("conversation_id", "system_id", "participant_id", "value")
FORMATS = (".csv", ".tsv", ".parquet", ".json", ".jsonl")
SUMMARIES = re.compile(
    r"(mean|average|avg|median|mode|stdev|std|std\.?dev|sd|s\.d\.|var|variance|sum|total|count|min|max|n)\W*", re.IGNORECASE
)
FACTORS = {"total", "n", "count", "sum"}  # words of summaries that a questionnaire may call a factor of its own
MISSING = {"", "na", "n/a", "nan", "null", "none", "missing", "-"}


@dataclass(frozen=True)
class SetAside:
    """One row that is not used, or is used after a change; `what` groups reasons."""

    row: int  # of the file's data, from 1
    what: str  # missing | summary row | out of scale | doubled | contradicts | fenced JSON | not a number | number as text
    used: bool
    conversation_id: str
    system_id: str
    participant_id: str
    factor: str
    raw: str
    reason: str


@dataclass(frozen=True)
class Ratings:
    """table: usable rows with `value` as a number; aside: the others, and rows used after a change."""

    table: pl.DataFrame
    aside: Result[SetAside]
    rows: int  # of the file
    name: str
    changed: Mapping[str, str] = field(default_factory=dict)  # column -> what was done to all of it

    @property
    def unused(self) -> int:
        """Rows that enter no number."""
        return sum(not a.used for a in self.aside.rows)

    @property
    def testable(self) -> bool:
        """Whether claims about people can be tested on these at all: simulated ratings are nobody's."""
        return bool((self.table["source"] != "simulated").all())


def read(path: Path, *, columns: Mapping[str, str] | None = None, scale: tuple[float, float] = (1, 5)) -> Ratings:
    """Read and check a file, or a folder that `tide study export` or `import` wrote.

    columns: its own name of a column by ours; scale: lowest and highest possible value.

    Raises TidelabError where the file can't be read, a column is missing, or no row can be used.
    """
    from tidelab.analysis import ratings_folder
    from tidelab.analysis.ratings_ieval import is_ieval, long_form

    rows = ratings_folder.rows(path) if path.is_dir() else rows_of(path)
    if is_ieval(rows):
        rows = long_form(rows)
    return check(rows, name=str(path), columns=columns, scale=scale)


def check(
    rows: list[dict[str, Any]], *, name: str = "ratings", columns: Mapping[str, str] | None = None, scale: tuple[float, float] = (1, 5)
) -> Ratings:
    """Check rows as they came. Doubled rows count once; rows that give two values for one rating count not at all."""
    import polars as pl

    renamed = {theirs: ours for ours, theirs in (columns or {}).items()}
    rows = [{renamed.get(k, k): v for k, v in row.items()} for row in rows]
    present = set().union(*rows) if rows else set()
    absent = [c for c in NEEDED if c not in present]
    if absent:
        raise TidelabError(
            f"the ratings have no column {', '.join(absent)}; they have {', '.join(sorted(present)) or 'no rows'}",
            where=name,
            mend="rename columns, or say which is which: --column participant_id=worker",
        )
    changed = {}
    if "factor" not in present:
        changed["factor"] = "absent: all ratings are of one factor, `rating`"
    if "source" not in present:
        changed["source"] = "absent: taken as `imported`"
    aside: list[SetAside] = []
    kept: list[dict[str, Any]] = []
    first: dict[tuple[str, ...], int] = {}
    contradicted: set[tuple[str, ...]] = set()
    numbers: list[int] = []
    for number, row in enumerate(rows, 1):
        clean = {k: _text(v) for k, v in row.items()}
        clean["factor"], clean["source"] = clean.get("factor") or "rating", clean.get("source") or "imported"
        value, what, reason = _value(row["value"], clean, scale)
        key = tuple(clean[k] for k in KEYS)
        if value is not None and key in first:
            same = kept[first[key]]["value"] == value
            what, reason = ("doubled", "the same rating stands in another row, which is used") if same else ("contradicts", "")
            if not same:
                contradicted.add(key)
                reason = f"row {numbers[first[key]]} gives {kept[first[key]]['value']:g} for the same rating; neither is used"
        if what:
            used = what == "number as text"
            aside.append(_aside(number, what, used, key, str(row["value"])[:200], reason))
            if not used:
                continue
        first[key] = len(kept)
        kept.append({**clean, "value": value})
        numbers.append(number)
    for key in contradicted:
        at = first[key]
        reason = "another row gives another value; neither is used"
        aside.append(_aside(numbers[at], "contradicts", False, key, f"{kept[at]['value']:g}", reason))
    gone = {first[key] for key in contradicted}
    usable = [row for at, row in enumerate(kept) if at not in gone]
    if not usable:
        told = _told(aside)
        raise TidelabError(f"none of the {len(rows)} ratings can be used: {told}", where=name, mend="mend the rows, or give their --scale")
    extra = sorted(present - {*KEYS, "value", "order", "source"})
    schema = {
        **dict.fromkeys(KEYS, pl.String),
        "value": pl.Float64,
        "order": pl.String,
        "source": pl.String,
        **dict.fromkeys(extra, pl.String),
    }
    table = pl.DataFrame([{c: row.get(c) for c in schema} for row in usable], schema=schema, orient="row")
    aside.sort(key=lambda a: a.row)
    settings = {"scale": list(scale), "rows": len(rows), "used": len(usable)}
    return Ratings(table, Result(SetAside, tuple(aside), settings), len(rows), name, changed)


def tell(ratings: Ratings) -> list[str]:
    """What was found, in plain words, first how many rows are used."""
    lines = [f"{len(ratings.table):,} of {ratings.rows:,} ratings are used"]
    counts: dict[str, list[SetAside]] = {}
    for a in ratings.aside.rows:
        counts.setdefault(a.what, []).append(a)
    for what, rows in sorted(counts.items()):
        some = ", ".join(str(a.row) for a in rows[:5]) + (" …" if len(rows) > 5 else "")
        lines.append(f"{what}: {len(rows):,} rows {'read as numbers' if rows[0].used else 'not used'} (row {some}): {rows[0].reason}")
    return lines + [f"column {column}: {what}" for column, what in ratings.changed.items()]


def _aside(row: int, what: str, used: bool, key: tuple[str, ...], raw: str, reason: str) -> SetAside:
    conversation, system, participant, factor = key
    return SetAside(row, what, used, conversation, system, participant, factor, raw, reason)


def _told(aside: list[SetAside]) -> str:
    counts: dict[str, int] = {}
    for a in aside:
        counts[a.what] = counts.get(a.what, 0) + 1
    return ", ".join(f"{n} {what}" for what, n in counts.items()) or "there are no rows"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _value(raw: Any, row: Mapping[str, str], scale: tuple[float, float]) -> tuple[float | None, str, str]:
    """(value, what, reason); value None where the row can't be used, what empty where nothing is to be said."""
    for column in ("participant_id", "conversation_id", "system_id"):
        if SUMMARIES.fullmatch(row[column]):
            return None, "summary row", f"{column} is `{row[column]}`: a summary among the data"
        if not row[column]:
            return None, "missing", f"{column} is empty"
    if SUMMARIES.fullmatch(row["factor"]) and row["factor"].lower() not in FACTORS:
        return None, "summary row", f"factor is `{row['factor']}`: a summary among the data"
    if raw is None or (isinstance(raw, float) and math.isnan(raw)) or (isinstance(raw, str) and raw.strip().lower() in MISSING):
        return None, "missing", "no value"
    what, reason = "", ""
    if isinstance(raw, str):
        text = raw.strip()
        if "```" in text or text.startswith(("{", "[")):
            return None, "fenced JSON", "the cell holds JSON instead of a number"
        try:
            value = float(text.replace(",", ".")) if text.count(",") == 1 and "." not in text else float(text)
        except ValueError:
            return None, "not a number", f"`{text[:60]}` is no number"
        what, reason = "number as text", "read as the number it spells"
    elif isinstance(raw, bool) or not isinstance(raw, int | float):
        return None, "not a number", f"{type(raw).__name__} is no number"
    else:
        value = float(raw)
    if not scale[0] <= value <= scale[1]:
        return None, "out of scale", f"{value:g} is not between {scale[0]:g} and {scale[1]:g}"
    return value, what, reason


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Rows of a table file as they stand. Raises TidelabError where there is none."""
    import polars as pl

    if not path.is_file():
        raise TidelabError("there is no such file", where=str(path), mend="check the path")
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise TidelabError(f"`{kind}` files are not read", where=str(path), mend=f"save the ratings as one of {', '.join(FORMATS)}")
    try:
        if kind == ".parquet":
            return pl.read_parquet(path).to_dicts()
        if kind in (".csv", ".tsv"):
            table = pl.read_csv(path, separator="\t" if kind == ".tsv" else ",", infer_schema=False)
            return [_numbered(row) for row in table.to_dicts()]
        text = path.read_text("utf-8-sig")
        found = [json.loads(line) for line in text.splitlines() if line.strip()] if kind == ".jsonl" else json.loads(text)
    except (ValueError, OSError, pl.exceptions.PolarsError) as error:
        raise TidelabError(
            f"the ratings can't be read: {str(error).splitlines()[0]}", where=str(path), mend=f"save them as {kind} again"
        ) from error
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise TidelabError(
            "the file holds no list of rows", where=str(path), mend='write a list of objects: [{"conversation_id": ...}, ...]'
        )
    return found


def _numbered(row: dict[str, Any]) -> dict[str, Any]:
    """A CSV knows no types: a plain number in `value` is a number there, anything else stays text."""
    value = row.get("value")
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return {**row, "value": float(value)}
    return row
