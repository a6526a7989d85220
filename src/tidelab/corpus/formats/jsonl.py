"""JSON Lines: one object a line, with at least `person` and `chatbot`."""

from __future__ import annotations

import json
from pathlib import Path

from tidelab.corpus.formats import Import
from tidelab.corpus.formats.collect import Collector
from tidelab.corpus.formats.fields import readable
from tidelab.errors import TidelabError


def read(path: Path) -> Import:
    """Read line by line; a bad line goes to quarantine. TidelabError if the file can't be opened or nothing is usable."""
    collector = Collector()
    into(collector, path)
    return collector.result(str(path))


def into(collector: Collector, path: Path, prefix: str = "") -> None:
    """Read a file into a collector. prefix -- stands before the ids of rows that give none."""
    name = readable(path.name)
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    _line(collector, line, f"{name}:{number}", number, prefix)
    except OSError as error:
        raise TidelabError(f"can't be read: {error.strerror}", where=str(path), mend="give a file that you may read") from error


def _line(collector: Collector, line: bytes, where: str, number: int, prefix: str) -> None:
    shown = line.decode("utf-8", "replace")
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        collector.refuse("is not valid UTF-8: save the file as UTF-8", where, shown)
    except json.JSONDecodeError as error:
        cut = "" if line.endswith(b"\n") else "; the file ends within this line, it may be half-written"
        collector.refuse(f"is not valid JSON: {error.msg} at column {error.colno}{cut}", where, shown)
    except (ValueError, RecursionError):
        collector.refuse("is not valid JSON: a number too long, or nesting too deep", where, shown)
    else:
        if isinstance(row, dict):
            file = where.rpartition(":")[0]
            collector.add(row, where, {"file": file, "line": number}, name=readable(f"{prefix}row-{number:06d}"))
        else:
            collector.refuse("is not a JSON object with `person` and `chatbot`", where, shown)
