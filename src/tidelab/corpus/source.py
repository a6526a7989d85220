"""`corpus.source`: which conversations a study is made of, and what identifies them whatever their path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tidelab.corpus.formats import Import, full_conversation, jsonl, table, tide
from tidelab.corpus.formats.fields import readable
from tidelab.errors import TidelabError
from tidelab.run import fingerprint

OWN = {"sample": ("sample",), "rehearsal": ("rehearsal",), "sample+rehearsal": ("sample", "rehearsal"), "teacher": ("teacher",)}
"""Sources that need no file, and the parts they are made of."""

_READERS: dict[str, Callable[[Path], Import]] = {
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".csv": table.read_csv,
    ".tsv": table.read_csv,
    ".parquet": table.read_parquet,
}


def read(source: str) -> Import:
    """The conversations at a path. TidelabError if it is missing, of no known form, or holds nothing usable."""
    path = _path(source)
    if path.is_dir():
        return (full_conversation.read if full_conversation.holds(path) else tide.read)(path)
    return _READERS[path.suffix.lower()](path)


def identity(source: str) -> dict[str, Any]:
    """What stands for the data at a path in a fingerprint: names and bytes, so that a moved data set stays itself.

    TidelabError as in `read`, for all that can be told without parsing the data.
    """
    path = _path(source)
    if path.is_dir() and not full_conversation.holds(path):
        tide.files(path)
    try:
        return {"name": "" if path.is_dir() else readable(path.name), "sha256": fingerprint.of_files(path)}
    except OSError as error:
        raise TidelabError(f"can't be read: {error.strerror}", where=str(path), mend="give a data set that you may read") from error


def _path(source: str) -> Path:
    path = Path(source)
    try:
        path = path.expanduser()
        missing = "\x00" in source or not path.exists()
    except (OSError, RuntimeError):  # a name too long, a directory that may not be entered, nobody's home
        missing = True
    if missing:
        mend = f"give a path that exists, or one of {', '.join(f'`{own}`' for own in OWN)}"
        raise TidelabError(f"there is no data set `{source}`", where="corpus.source", mend=mend)
    if path.is_dir():
        return path
    if not path.is_file() or path.suffix.lower() not in _READERS:
        mend = f"give a TIDE directory or a file that ends in {', '.join(_READERS)}"
        raise TidelabError(f"`{source}` is of no form that tidelab reads", where="corpus.source", mend=mend)
    if path.stat().st_size == 0:
        raise TidelabError("is empty", where=f"{path}:1", mend="give a data set with at least two conversations")
    return path
