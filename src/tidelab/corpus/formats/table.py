"""CSV and Parquet tables with the columns `person` and `chatbot`."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tidelab.corpus.formats import Import
from tidelab.corpus.formats.collect import Collector
from tidelab.corpus.formats.fields import readable
from tidelab.errors import TidelabError

_NEEDED = ("person", "chatbot")


def read_csv(path: Path) -> Import:
    """Read row by row, separated by comma, semicolon or tab. TidelabError if columns are missing or nothing is usable."""
    collector = Collector()
    csv_into(collector, path)
    return collector.result(str(path))


def csv_into(collector: Collector, path: Path, prefix: str = "") -> None:
    """Read a CSV into a collector. prefix -- stands before the ids of rows that give none."""
    name = readable(path.name)
    try:
        # surrogateescape: a byte that is not UTF-8 then spoils its own row only, not the whole file
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            first = lines.readline()
            if not first.strip():
                raise TidelabError("is empty", where=f"{path}:1", mend="give a table whose first line names `person` and `chatbot`")
            separator = max(",;\t", key=first.count)
            header = [column.strip() for column in next(csv.reader([first], delimiter=separator))]
            _check(path, header)
            _rows(collector, lines, separator, header, name, prefix)
    except csv.Error as error:
        raise TidelabError(f"has no readable header: {error}", where=f"{path}:1", mend="name the columns in the first line") from error
    except OSError as error:
        raise TidelabError(f"can't be read: {error.strerror}", where=str(path), mend="give a file that you may read") from error


def _rows(collector: Collector, lines: Iterator[str], separator: str, header: Sequence[str], name: str, prefix: str) -> None:
    rows, number = csv.reader(lines, delimiter=separator, strict=True), 0
    while True:
        line = rows.line_num + 2  # the header is line 1 and not the reader's
        try:
            cells = next(rows, None)
        except csv.Error as error:
            collector.refuse(f"is not valid CSV: {error}; it may be half-written or a quote may be open", f"{name}:{line}", "")
            continue
        if cells is None:
            return
        if not cells:
            continue
        number += 1
        if len(cells) == len(header):
            row = dict(zip(header, cells, strict=True))
            collector.add(row, f"{name}:{line}", {"file": name, "line": line}, name=readable(f"{prefix}row-{number:06d}"))
        else:
            reason = f"has {len(cells)} fields where the header names {len(header)}; it may be half-written, or text may need quotes"
            collector.refuse(reason, f"{name}:{line}", cells)


def read_parquet(path: Path) -> Import:
    """Read in batches of rows. TidelabError if the file is damaged, columns are missing or nothing is usable."""
    collector = Collector()
    parquet_into(collector, path)
    return collector.result(str(path))


def parquet_into(collector: Collector, path: Path, prefix: str = "") -> None:
    """Read a Parquet file into a collector. prefix -- stands before the ids of rows that give none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name, number = readable(path.name), 0
    try:
        with pq.ParquetFile(path) as table:
            _check(path, table.schema_arrow.names)
            for batch in table.iter_batches(batch_size=1_000):
                for i in range(batch.num_rows):
                    number += 1
                    where = f"{name}:row {number}"
                    try:
                        row = batch.slice(i, 1).to_pylist()[0]
                    except (ValueError, OverflowError) as error:  # text that is not UTF-8; a date beyond the calendar
                        collector.refuse(f"holds a value that can't be read: {error}", where, "")
                        continue
                    collector.add(row, where, {"file": name, "row": number}, name=readable(f"{prefix}row-{number:06d}"))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        mend = "write the Parquet file again; it may be half-written"
        why = (str(error).splitlines() or ["damaged"])[0]
        raise TidelabError(f"is not a readable Parquet file: {why}", where=str(path), mend=mend) from error


def _check(path: Path, names: Sequence[str]) -> None:
    missing = [c for c in _NEEDED if c not in names]
    twice = sorted(c for c, times in Counter(names).items() if c and times > 1)  # spreadsheets leave nameless columns at the end
    shown = readable(", ".join(names)[:300])
    if missing:
        mend = f"name the columns with what the person says `person` and with the reply `chatbot`; it has: {shown}"
        raise TidelabError(f"has no column `{'`, `'.join(missing)}`", where=f"{path}:1", mend=mend)
    if twice:
        raise TidelabError(f"names the column `{readable(twice[0])}` twice", where=f"{path}:1", mend="give each column a name of its own")
