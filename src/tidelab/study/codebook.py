"""The codebook: what each column of an export means, and the words of its values; as a table, and as labels for SPSS and R."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidelab.records import Participant, Rating, Record
from tidelab.study.design import Design
from tidelab.web.words import named

if TYPE_CHECKING:
    import polars as pl

MORE = {
    "seconds": "seconds from the page's first showing to its first completion",
    "question": "name of the question",
    "answer": "answer, or answers merged",
    "participants": "people who gave it",
    "first": "system of the reply shown as A",
    "second": "system of the reply shown as B",
    "chosen": "system preferred, or `none`",
    "questionnaire": "name of the further questionnaire",
    "value": "answer given",
    "step": "page",
    "text": "own words",
}


def codebook(design: Design, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One row for each column and value: table, column, label, value, meaning."""
    import polars as pl

    records: dict[str, type[Record]] = {"ratings": Rating, "participants": Participant}
    rows: list[dict[str, Any]] = []
    for name, table in tables.items():
        record = records.get(name)
        for column in table.columns:
            field = record.model_fields.get(column) if record else None
            label = (field.description if field else None) or MORE.get(column) or (Rating.model_fields[column].description or column)
            rows.append({"table": name, "column": column, "label": label, "value": "", "meaning": ""})
            rows += [
                {"table": name, "column": column, "label": label, "value": v, "meaning": m}
                for v, m in _values(design, name, column).items()
            ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("table", "column", "label", "value", "meaning"), pl.String), orient="row")


def _values(design: Design, table: str, column: str) -> dict[str, str]:
    if column == "factor":
        return {s.name: f"{s.title}: {s.ask} " + "; ".join(f"{i} = {a}" for i, a in enumerate(s.anchors, 1)) for s in design.scales}
    if column == "value" and table == "ratings":
        return {str(i): f"lowest to highest, {i} of 5; the words by factor stand at `factor`" for i in range(1, 6)}
    if table == "margins" and column == "question":
        asked = {q.name: q.ask for q in design.demographics}
        return asked | {"language": "the language in which the study was taken"}
    if table == "margins" and column == "answer":
        names = named(design.languages, "study")
        return {code: f"of `language`: {name}{' (words unreviewed)' if code in design.unread() else ''}" for code, name in names.items()}
    if table == "participants":
        question = next((q for q in design.demographics if q.name == column), None)
        if question:
            extra = {"": "declined or not asked", "suppressed": "suppressed, since fewer than 5 people share it"}
            return question.options | extra
    return {}


def spss_labels(book: pl.DataFrame) -> str:
    """SPSS syntax: a variable label for each column, value labels where the values are coded."""
    lines = ["* Labels for the exported CSV files; run after reading one of them. The lines of other files give warnings only."]
    for column, label in book.select("column", "label").unique(maintain_order=True).iter_rows():
        lines.append(f"VARIABLE LABELS {column} {_quoted(label)}.")
    for column, pairs in _coded(book):
        lines.append(f"VALUE LABELS {column} " + " ".join(f"{_quoted(v)} {_quoted(m[:110])}" for v, m in pairs) + ".")
    return "\n".join(lines) + "\n"


def r_labels(book: pl.DataFrame) -> str:
    """R: a function that labels a data frame read from one of the CSV files."""
    lines = ["# d <- label(read.csv('participants.csv', colClasses = 'character'))", "label <- function(d) {"]
    for column, label in book.select("column", "label").unique(subset=["column"], maintain_order=True).iter_rows():
        lines.append(f"  if ({_quoted(column)} %in% names(d)) attr(d${column}, 'label') <- {_quoted(label)}")
    for column, pairs in _coded(book):
        values = ", ".join(_quoted(v) for v, _ in pairs)
        words = ", ".join(_quoted(m) for _, m in pairs)
        lines.append(f"  if ({_quoted(column)} %in% names(d)) d${column} <- factor(d${column}, levels = c({values}), labels = c({words}))")
    return "\n".join([*lines, "  d", "}"]) + "\n"


def _coded(book: pl.DataFrame) -> list[tuple[str, list[tuple[str, str]]]]:
    """Columns of `participants` with words for their values; ratings stay numbers."""
    import polars as pl

    coded = book.filter(pl.col("meaning") != "", pl.col("table") == "participants")
    names = coded["column"].unique(maintain_order=True).to_list()
    return [(n, list(coded.filter(pl.col("column") == n).select("value", "meaning").iter_rows())) for n in names]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "/").replace("'", "’").replace("\n", " ") + "'"
