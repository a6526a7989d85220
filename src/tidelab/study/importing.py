"""Ratings from elsewhere: read by a column map, checked, and kept; whatever can't be used stays with its reason."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidelab.errors import TidelabError
from tidelab.records import Participant, Quarantined, Rating, frame
from tidelab.study.columns import Map
from tidelab.study.quality import straight

if TYPE_CHECKING:
    import polars as pl

LONGEST = 24 * 3600.0
"""Seconds of a session beyond which its times are not believed."""
FINISHED = ("1", "true", "yes", "approved", "awaiting review")
NOT_GIVEN = ("", "na", "n/a", "nan", "null", "none", "-99", "-999")


@dataclass(frozen=True)
class Cell:
    """One rating as it stood, before anything is believed."""

    participant: str
    conversation_id: str
    system_id: str
    factor: str
    raw: Any
    where: str
    order: Any = None


@dataclass
class Imported:
    """The tables, and what the checks found: {check: count}."""

    ratings: pl.DataFrame
    participants: pl.DataFrame
    quarantine: pl.DataFrame
    checks: dict[str, int]
    notes: list[str] = field(default_factory=list)


def read(path: Path, columns: Map, prolific: Path | None = None) -> Imported:
    """Everything in a file. TidelabError where the file is no such file or lacks a column that the map names."""
    rows = _rows(path, columns)
    about = _prolific(prolific) if prolific else {}
    cells = list(_cells(rows, columns, path))
    kept, refused, counts = _judged(cells, columns)
    people = _people(rows, columns, kept, about, counts)
    counts["ratings"], counts["participants"] = len(kept), len(people)
    ratings = frame(Rating, kept)
    return Imported(
        ratings, frame(Participant, people), frame(Quarantined, refused), dict(counts), [*columns.notes, _agreement(ratings, columns)]
    )


def _rows(path: Path, columns: Map) -> list[dict[str, Any]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TidelabError(f"can't be read: {error.strerror}", where=str(path), mend="give a file of ratings") from None
    except UnicodeDecodeError:
        raise TidelabError("is not UTF-8 text", where=str(path), mend="save it as UTF-8") from None
    if columns.form == "json":
        try:
            document = json.loads(text)
        except ValueError as error:
            raise TidelabError(f"is not JSON: {error}", where=str(path), mend="give a JSON file") from None
        if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
            raise TidelabError("is no list of objects", where=str(path), mend="give a list with one object for each participant")
        return document
    reader = csv.DictReader(text.splitlines(keepends=True))
    heads = [name for name in reader.fieldnames or [] if name]
    doubled = [name for name, n in Counter(heads).items() if n > 1]
    if doubled:
        raise TidelabError(f"two columns are called `{doubled[0]}`", where=f"{path}:1", mend="rename one of them")
    named = [columns.participant, *filter(None, (columns.order, columns.seconds, columns.start, columns.end, columns.finished))]
    named += [*columns.about.values(), *columns.columns]
    if columns.form == "long":
        named += [columns.conversation_id, columns.system_id, *columns.factors]
        named += [columns.factor, columns.value] if columns.factor else []
    for name in named:
        if name not in heads:
            raise TidelabError(f"there is no column `{name}`", where=f"{path}:1", mend=f"columns of this file: {', '.join(heads[:40])}")
    return [dict(row) for row in reader][columns.skip_rows :]


def _cells(rows: list[dict[str, Any]], columns: Map, path: Path) -> Iterator[Cell]:
    named = _wide_columns(rows, columns, path) if columns.form == "wide" else {}
    for number, row in enumerate(rows, 1):
        where, who = f"{path.name}: row {number + columns.skip_rows}", _name(row.get(columns.participant))
        if columns.form == "wide":
            for column, place in named.items():
                yield Cell(who, place["conversation_id"], place["system_id"], place["factor"], row.get(column), f"{where}, {column}")
        elif columns.form == "long":
            what = str(row[columns.conversation_id] or ""), str(row[columns.system_id] or "")
            order = row.get(columns.order) if columns.order else None
            if columns.factor:
                yield Cell(who, *what, str(row[columns.factor] or ""), row[columns.value], where, order)
            for factor in columns.factors if not columns.factor else ():
                yield Cell(who, *what, factor, row[factor], f"{where}, {factor}", order)
        else:
            yield from _nested(row, columns, who, where)


def _wide_columns(rows: list[dict[str, Any]], columns: Map, path: Path) -> dict[str, dict[str, str]]:
    found = dict(columns.columns)
    if columns.pattern and rows:
        pattern = re.compile(columns.pattern)
        found |= {name: match.groupdict() for name in rows[0] if name and (match := pattern.fullmatch(name))}
    if not found and rows:
        raise TidelabError("`pattern` fits no column", where=f"{path}:1", mend=f"columns of this file: {', '.join(list(rows[0])[:40])}")
    return found


def _nested(row: dict[str, Any], columns: Map, who: str, where: str, depth: int = 0, named: dict[str, str] | None = None) -> Iterator[Cell]:
    named = named or {}
    if depth < len(columns.levels):
        at = row
        for level in columns.levels[:depth]:
            at = at.get(named[level.name], {})
        for key in columns.levels[depth].keys:
            if isinstance(at, dict) and isinstance(at.get(key), dict):
                yield from _nested(row, columns, who, where, depth + 1, named | {columns.levels[depth].name: key})
        return
    at = row
    for level in columns.levels:
        at = at[named[level.name]]
    conversation: Any = row
    for part in columns.conversation_id.format(**named).split("."):
        conversation = conversation.get(part) if isinstance(conversation, dict) else None
    place = ".".join(named.values())
    for factor in columns.factors:
        yield Cell(who, str(conversation or ""), named.get("system_id", ""), factor, at.get(factor), f"{where}, {place}.{factor}")


def _judged(cells: list[Cell], columns: Map) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Counter[str]]:
    """(ratings, what can't be used with its reason, counts by check)."""
    kept: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    counts: Counter[str] = Counter({"out of range": 0, "doubled": 0, "no number": 0, "not given": 0, "without a name": 0})
    seen: dict[tuple[str, ...], float] = {}
    for cell in cells:
        value, kind, reason = _value(cell, columns)
        key = (cell.participant, cell.conversation_id, cell.system_id, cell.factor)
        if not kind and not all(key):
            kind, reason = "without a name", "participant, conversation, system or factor is empty"
        if not kind and key in seen:
            same = "the same value" if seen[key] == value else f"another value, {seen[key]:g}"
            kind, reason = "doubled", f"the same participant has rated the same reply before, with {same}"
        if kind:
            counts[kind] += 1
            if kind != "not given":
                told = {"conversation_id": cell.conversation_id or cell.where, "persona_id": "", "stage": "import", "reason": reason}
                refused.append(told | {"where": cell.where, "raw": str(cell.raw)[:2000]})
            continue
        seen[key] = value
        order = str(cell.order or "").strip()
        kept.append(
            {
                "conversation_id": cell.conversation_id,
                "system_id": cell.system_id,
                "participant_id": cell.participant,
                "factor": cell.factor,
                "value": value,
                "order": int(order) if order.isdecimal() and int(order) else None,
                "source": "imported",
            }
        )
    return kept, refused, counts


def _value(cell: Cell, columns: Map) -> tuple[float, str, str]:
    """(value, name of the check that it fails or empty, why)."""
    text = str("" if cell.raw is None else cell.raw).strip()
    if isinstance(cell.raw, bool | list | dict):
        return 0.0, "no number", f"{text[:60]!r} is no rating"
    if text in columns.words:
        value = columns.words[text]
    elif text.lower() in NOT_GIVEN:
        return 0.0, "not given", ""
    else:
        number = re.match(r"[+-]?\d+(?:[.,]\d+)?(?=$|\s*[-–:=)(]|\s+[A-Za-z(])", text)
        if number is None:
            return 0.0, "no number", f"{text[:60]!r} is no rating; name it under `words` if it is one"
        value = float(number[0].replace(",", "."))
    low, high = columns.bounds(cell.factor)
    if not low <= value <= high:
        return 0.0, "out of range", f"{value:g} lies outside {low:g} to {high:g}"
    return value, "", ""


def _people(
    rows: list[dict[str, Any]], columns: Map, kept: list[dict[str, Any]], prolific: dict[str, dict[str, str]], counts: Counter[str]
) -> list[dict[str, Any]]:
    values: dict[str, list[float]] = defaultdict(list)
    for rating in kept:
        values[rating["participant_id"]].append(rating["value"])
    found: dict[str, dict[str, Any]] = {}
    counts.update({"impossible times": 0, "straight-lining": 0})
    for row in rows:
        name = _name(row.get(columns.participant))
        if not name or name in found or name not in values:
            continue
        seconds, odd = _seconds(row, columns)
        flags = ["impossible times"] if odd else []
        flags += ["straight-lining"] if straight(values[name]) else []
        counts.update(flags)
        about = {f: str(row.get(column) or "").strip() for f, column in columns.about.items()} | prolific.get(name, {})
        finished = columns.finished is None or str(row.get(columns.finished) or "").strip().lower() in FINISHED
        person = Participant(participant_id=name, source="imported", completed=finished, seconds=seconds, flags=flags, **about)
        found[name] = person.model_dump()
    return list(found.values())


def _name(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _seconds(row: dict[str, Any], columns: Map) -> tuple[float | None, bool]:
    """(seconds of the session, whether they can't be true)."""
    taken: float | None = None
    try:
        if columns.seconds and str(row.get(columns.seconds) or "").strip():
            taken = float(row[columns.seconds])
        elif columns.start and columns.end and row.get(columns.start) and row.get(columns.end):
            taken = (_moment(row[columns.end]) - _moment(row[columns.start])).total_seconds()
    except (TypeError, ValueError):
        return None, True
    if taken is None:
        return None, False
    odd = not 0 < taken <= LONGEST
    return (None if taken < 0 or taken != taken else taken), odd


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(str(text).strip().replace("Z", "+00:00")).replace(tzinfo=None)


def _prolific(path: Path) -> dict[str, dict[str, str]]:
    """Demographics out of Prolific's export, by participant."""
    from tidelab.study.ages import band

    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines(keepends=True)))
    except OSError as error:
        raise TidelabError(f"can't be read: {error.strerror}", where=str(path), mend="give Prolific's demographic export") from None
    if rows and "Participant id" not in rows[0]:
        raise TidelabError("there is no column `Participant id`", where=f"{path}:1", mend="give Prolific's demographic export")
    fields = {"Sex": "gender", "Gender": "gender", "Ethnicity simplified": "ethnicity"}
    found = {}
    for row in rows:
        about = {
            to: row[name].strip() for name, to in fields.items() if row.get(name) and row[name] not in ("CONSENT_REVOKED", "DATA_EXPIRED")
        }
        found[row["Participant id"].strip()] = about | {"age_group": band(row.get("Age") or "")}
    return found


def _agreement(ratings: pl.DataFrame, columns: Map) -> str:
    """One sentence on how far raters agree, or why that can't be said."""
    import numpy as np
    import polars as pl

    from tidelab.agreement import alpha

    keys = ["conversation_id", "system_id"]
    shared = ratings.group_by([*keys, "factor"]).agg(pl.col("participant_id").n_unique().alias("raters")).filter(pl.col("raters") > 1)
    if not shared.height:
        return "agreement is not computable: no item is shared by two raters"
    told = []
    for factor in ratings["factor"].unique(maintain_order=True):
        here = ratings.filter(pl.col("factor") == factor)
        low, high = columns.bounds(factor)
        if low != int(low) or not (here["value"] == here["value"].round()).all():
            continue
        table = here.pivot(on="participant_id", index=keys, values="value").drop(keys).to_numpy().astype(float) - low
        value = alpha(table, int(high - low) + 1, "ordinal")
        told.append(f"{factor} " + ("undefined" if np.isnan(value) else f"{value:.2f}"))
    return "Krippendorff's alpha (ordinal) over shared items: " + ", ".join(told)
