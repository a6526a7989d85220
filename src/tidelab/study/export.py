"""What leaves the house: ratings and participants without what could tell who they are, a codebook, labels for SPSS and R."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidelab.errors import TidelabError
from tidelab.run import atomic
from tidelab.study.codebook import codebook, r_labels, spss_labels
from tidelab.study.collect import collect
from tidelab.study.store import version
from tidelab.study.suppress import FIELDS, K, margins, suppress
from tidelab.web.database import Database

if TYPE_CHECKING:
    import polars as pl

ALONE = ("ethnicity", "trauma_experience", "chatbot_use", "language")
"""What is given as margins only."""


def export(database: Database, out: Path, *, texts: bool = False) -> dict[str, Any]:
    """Writes the de-identified tables into `out`; {rows by table, coarsened: what was done}. Nobody is left out: exclusions are flags.

    Names are hashed anew, times of day are left out, texts too unless `texts`: a text may say who wrote it, and has to be read first.
    """
    import polars as pl

    with database.read() as connection:
        design = version(connection).design
    full = collect(database)
    people = full["participants"]
    coarse, done = suppress(people.select(FIELDS).to_dicts())
    shown = people.drop(*ALONE, *FIELDS, "seconds").with_columns(
        pl.col("flags").list.join("; "), *(pl.Series(f, [row[f] for row in coarse], dtype=pl.String) for f in FIELDS)
    )
    counts = [
        {"question": name, "answer": answer, "participants": n} for name in ALONE for answer, n in margins(people[name].to_list()).items()
    ]
    columns = {"question": pl.String, "answer": pl.String, "participants": pl.Int64}
    tables = {
        "ratings": _hidden(full["ratings"].with_columns(pl.col("seconds").round(0))).sort("participant_id", "order", "factor"),
        "participants": _hidden(shown).sort("participant_id"),
        "margins": pl.DataFrame(counts, schema=columns, orient="row"),
    }
    for name in ("choices", "extras"):
        if full[name].height:
            tables[name] = _hidden(full[name])
    if texts:
        tables["texts"] = _hidden(full["texts"])
    book = codebook(design, tables)
    note = {"k": K, "coarsened": done, "texts": texts, "rows": {name: t.height for name, t in tables.items()}}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            atomic.write_parquet(out / f"{name}.parquet", table)
            atomic.write_text(out / f"{name}.csv", plain_csv(table))
        atomic.write_text(out / "codebook.csv", plain_csv(book))
        atomic.write_text(out / "labels.sps", spss_labels(book))
        atomic.write_text(out / "labels.R", r_labels(book))
        atomic.write_text(out / "export.json", json.dumps(note, indent=1) + "\n")
    except OSError as error:
        mend = "give --out a directory that you may write to"
        raise TidelabError(f"can't be written: {error.strerror}", where=str(out), mend=mend) from None
    return note


def into_run(database: Database, run: Path) -> dict[str, int]:
    """Writes the full tables into `ratings/study/` of a run, where the analysis reads them. They stay in the house."""
    full = collect(database)
    folder = run / "ratings" / "study"
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"ratings": full["ratings"].drop("seconds"), "participants": full["participants"], "choices": full["choices"]}
    for name, table in tables.items():
        atomic.write_parquet(folder / f"{name}.parquet", table)
    return {name: table.height for name, table in tables.items()}


def plain_csv(table: pl.DataFrame) -> str:
    """CSV that a spreadsheet won't run: a text that begins like a formula gets a quote before it."""
    import polars as pl

    risky = pl.col(pl.String).str.contains(r"^[=+\-@\t\r]")
    return table.with_columns(pl.when(risky).then("'" + pl.col(pl.String)).otherwise(pl.col(pl.String)).name.keep()).write_csv()


def _hidden(table: pl.DataFrame) -> pl.DataFrame:
    """The same under other names, which can't be led back to what a participant was shown without knowing that name."""
    names = {n: "p" + hashlib.sha256(f"tidelab export {n}".encode()).hexdigest()[:10] for n in table["participant_id"].unique()}
    return table.with_columns(table["participant_id"].replace(names))
