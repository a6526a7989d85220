"""`corpus.source`: which conversations a study is made of, and what identifies them whatever their path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tidelab.corpus import hub
from tidelab.corpus.formats import Import, directory, full_conversation, tide
from tidelab.corpus.formats.collect import Collector
from tidelab.corpus.formats.fields import readable
from tidelab.errors import TidelabError
from tidelab.run import fingerprint

OWN = {"sample": ("sample",), "rehearsal": ("rehearsal",), "sample+rehearsal": ("sample", "rehearsal"), "teacher": ("teacher",)}
"""Sources that need no file, and the parts they are made of."""


def read(source: str) -> Import:
    """The conversations at a path or of the hub. TidelabError if it is missing, of no known form, or holds nothing usable.

    What the data set's card says of its licence goes into each record that names none, and whether access is granted one by one
    into its provenance.
    """
    path = _path(source)
    terms = _terms(path, source)
    origin = ({"hub": source.removeprefix(hub.PREFIX)} if source.startswith(hub.PREFIX) else {}) | ({"gated": True} if terms.gated else {})
    collector = Collector(terms.licence, origin)
    if terms.unread:
        collector.warn(terms.unread, str(path))
    if not path.is_dir():
        directory.READERS[path.suffix.lower()](collector, path, "")
    elif full_conversation.holds(path):
        full_conversation.into(collector, path)
    elif _tables(path):
        directory.into(collector, path)
    else:
        tide.into(collector, path)
    return collector.result(str(path))


def identity(source: str) -> dict[str, Any]:
    """What stands for the data at a path in a fingerprint: names and bytes, so that a moved data set stays itself.

    TidelabError as in `read`, for all that can be told without parsing the data.
    """
    path = _path(source)
    if path.is_dir() and not (full_conversation.holds(path) or _tables(path)):
        tide.files(path)
    terms = _terms(path, source)
    said = {"licence": terms.licence, "gated": terms.gated} if terms.licence or terms.gated else {}
    try:
        return {"name": "" if path.is_dir() else readable(path.name), "sha256": fingerprint.of_files(path), **said}
    except OSError as error:
        raise TidelabError(f"can't be read: {error.strerror}", where=str(path), mend="give a data set that you may read") from error


def _terms(path: Path, source: str) -> hub.Terms:
    return hub.terms(path if path.is_dir() else path.parent, source)


def _tables(path: Path) -> bool:
    """Whether a directory holds tables and is not in TIDE form."""
    return not (path / "conversations").is_dir() and bool(directory.files(path))


def _path(source: str) -> Path:
    if source.startswith(hub.PREFIX):
        return hub.fetch(source)
    path = Path(source)
    try:
        path = path.expanduser()
        missing = "\x00" in source or not path.exists()
    except (OSError, RuntimeError):  # a name too long, a directory that may not be entered, nobody's home
        missing = True
    if missing:
        mend = f"give a path that exists, hf:OWNER/NAME, or one of {', '.join(f'`{own}`' for own in OWN)}"
        raise TidelabError(f"there is no data set `{source}`", where="corpus.source", mend=mend)
    if path.is_dir():
        return path
    if not path.is_file() or path.suffix.lower() not in directory.READERS:
        mend = f"give a TIDE directory, one with tables, or a file that ends in {', '.join(directory.READERS)}"
        raise TidelabError(f"`{source}` is of no form that tidelab reads", where="corpus.source", mend=mend)
    if path.stat().st_size == 0:
        raise TidelabError("is empty", where=f"{path}:1", mend="give a data set with at least two conversations")
    return path
