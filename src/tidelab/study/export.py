"""What leaves the house: ratings and participants without what could tell who they are, a codebook, labels for SPSS and R."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidelab.errors import TidelabError
from tidelab.run import atomic
from tidelab.study.codebook import codebook, margin_name, r_labels, spss_labels
from tidelab.study.collect import collect
from tidelab.study.store import version
from tidelab.study.suppress import ABOUT, FIELDS, K, margins, suppress
from tidelab.web.database import Database

if TYPE_CHECKING:
    import polars as pl

ALONE = (*(name for name in ABOUT if name not in FIELDS), "language")
"""What is given as margins only, as are all further questions."""
TABLES = ("ratings", "participants", "margins", "choices", "extras", "texts")
BESIDE = ("codebook.csv", "labels.sps", "labels.R", "export.json")
EXTRAS = "extras.csv holds each person's answers to further questions; together they may tell who somebody is: look before you share it"


def export(database: Database, out: Path, *, texts: bool = False, extras: bool = False) -> dict[str, Any]:
    """Writes the de-identified tables into `out`; {rows by table, coarsened: what was done}. Nobody is left out: exclusions are flags.

    Names are hashed anew, times of day are left out, texts too unless `texts`: a text may say who wrote it, and has to be read first.
    Questionnaires and demographics beyond age, gender and education are counts; with `extras` also each person's answers, with a warning.
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
    asked = {name: people[name].to_list() for name in ALONE} | _further(full["extras"], people["participant_id"].to_list())
    counts = [
        {"question": name, "answer": answer, "participants": n} for name, given in asked.items() for answer, n in margins(given).items()
    ]
    columns = {"question": pl.String, "answer": pl.String, "participants": pl.Int64}
    tables = {
        "ratings": _hidden(full["ratings"].with_columns(pl.col("seconds").round(0))).sort("participant_id", "order", "factor"),
        "participants": _hidden(shown).sort("participant_id"),
        "margins": pl.DataFrame(counts, schema=columns, orient="row"),
    }
    if full["choices"].height:
        tables["choices"] = _hidden(full["choices"])
    if extras:
        tables["extras"] = _hidden(full["extras"]).sort("participant_id", maintain_order=True)
    if texts:
        tables["texts"] = _hidden(full["texts"])
    book = guarded(codebook(design, tables))
    rows = {name: t.height for name, t in tables.items()}
    note = {"k": K, "coarsened": done, "texts": texts, "extras": extras, "warnings": [EXTRAS] if extras else [], "rows": rows}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            if name not in tables:  # of an earlier export that was asked for more
                _delete(out, (f"{name}.parquet", f"{name}.csv"))
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
    tables = {"ratings": full["ratings"].drop("seconds")} | {name: full[name] for name in ("participants", "choices", "extras")}
    for name, table in tables.items():
        atomic.write_parquet(folder / f"{name}.parquet", table)
    return {name: table.height for name, table in tables.items()}


def forget(folder: Path, name: str) -> list[str]:
    """Deletes what earlier exports left in the run, where it holds this participant; what was done, in words. `folder` is RUN/study.

    Whole tables, and not the person's rows: margins and coarsened cells counted them too, and of two who withdraw at once neither may
    write the other one back. An export that was taken elsewhere is out of reach.
    """
    told = []
    for place, shown in ((folder.parent / "ratings" / "study", name), (folder / "export", _alias(name))):
        files = [f"{table}.{ending}" for table in TABLES for ending in ("parquet", "csv")]
        if not any(_holds(place / file, shown) for file in files):
            continue
        try:
            _delete(place, (*files, *BESIDE))
            told.append(f"{place.parent.name}/{place.name} held this person and was deleted; `tide study export` writes it anew")
        except OSError as error:  # what was answered goes all the same
            told.append(f"{place.parent.name}/{place.name} holds this person and can't be deleted ({error.strerror}): delete it by hand")
    return told


def guarded(table: pl.DataFrame) -> pl.DataFrame:
    """The same with a quote before each text that begins like a formula, so that a spreadsheet won't run it."""
    import polars as pl

    risky = pl.col(pl.String).str.contains(r"^[=+\-@\t\r]")
    return table.with_columns(pl.when(risky).then("'" + pl.col(pl.String)).otherwise(pl.col(pl.String)).name.keep())


def plain_csv(table: pl.DataFrame) -> str:
    """CSV that a spreadsheet won't run."""
    return guarded(table).write_csv()


def _further(extras: pl.DataFrame, names: list[str]) -> dict[str, list[str]]:
    """{question: what each of the people in `names` has answered, empty for nothing}."""
    given: dict[str, dict[str, str]] = {}
    for row in extras.to_dicts():
        given.setdefault(margin_name(row["questionnaire"], row["question"]), {})[row["participant_id"]] = row["value"]
    return {question: [answers.get(name, "") for name in names] for question, answers in sorted(given.items())}


def _hidden(table: pl.DataFrame) -> pl.DataFrame:
    """The same under other names, which can't be led back to what a participant was shown without knowing that name."""
    return table.with_columns(table["participant_id"].replace({n: _alias(n) for n in table["participant_id"].unique()}))


def _alias(name: str) -> str:
    return "p" + hashlib.sha256(f"tidelab export {name}".encode()).hexdigest()[:10]


def _holds(file: Path, name: str) -> bool:
    """Whether a table has rows of a participant; one that can't be read may have."""
    if not file.exists():
        return False
    import polars as pl

    try:
        table = pl.read_csv(file, infer_schema=False) if file.suffix == ".csv" else pl.read_parquet(file)
        return "participant_id" in table.columns and name in table["participant_id"]
    except (OSError, pl.exceptions.PolarsError):
        return True


def _delete(folder: Path, files: Iterable[str]) -> None:
    for file in files:
        (folder / file).unlink(missing_ok=True)
    atomic.sync_directory(folder)
