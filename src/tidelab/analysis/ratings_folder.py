"""Ratings as `tide study export` and `import` leave them in a run: a folder of tables, joined here into rows that questions can use."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tidelab.errors import TidelabError

TABLES = ("ratings", "participants", "choices")
ABOUT = ("role", "age_group", "gender", "education", "ethnicity", "trauma_experience", "chatbot_use", "language")
FAILED = "attention check failed"


def rows(folder: Path) -> list[dict[str, Any]]:
    """Rows of `ratings.parquet` with what `participants.parquet` says of who rated, and `attention` (`passed`, `failed`) by its flags."""
    people = {row["participant_id"]: row for row in table(folder, "participants")}
    found = []
    for row in table(folder, "ratings"):
        person = people.get(row["participant_id"])
        about = {column: person.get(column) or None for column in ABOUT} if person else {}
        if person:
            about["attention"] = "failed" if FAILED in (person.get("flags") or []) else "passed"
        found.append({**row, **about})
    if not found:
        raise TidelabError("nobody has rated anything yet", where=str(folder), mend="`tide study status` says who has come how far")
    return found


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    """Rows of one of the folder's tables; none where it isn't there, unless it is the ratings themselves. TidelabError for those."""
    import polars as pl

    path = folder / f"{name}.parquet"
    if not path.is_file():
        if name == "ratings":
            mend = "write them: `tide study export --run RUN` or `tide study import FILE --run RUN`"
            raise TidelabError("the folder holds no ratings.parquet", where=str(folder), mend=mend)
        return []
    try:
        return pl.read_parquet(path).to_dicts()
    except (OSError, pl.exceptions.PolarsError) as error:
        mend = "write it again: `tide study export` or `tide study import`"
        raise TidelabError(f"can't be read: {str(error).splitlines()[0]}", where=str(path), mend=mend) from error


def digest(path: Path) -> str:
    """What tells one state of the ratings from another: the SHA-256 of the file, or of the folder's tables. TidelabError where none is."""
    files = [path / f"{name}.parquet" for name in TABLES] if path.is_dir() else [path]
    try:
        return hashlib.sha256(b"\0".join(f.read_bytes() for f in files if f.is_file() or not path.is_dir())).hexdigest()
    except OSError as error:
        mend = "give the folder of `tide study export` or `import`, or a table of ratings"
        raise TidelabError(f"the ratings can't be read: {error.strerror}", where=str(path), mend=mend) from None
