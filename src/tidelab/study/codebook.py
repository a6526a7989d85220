"""The codebook: what each column of an export means, and the words of its values; as a table, and as labels for SPSS and R."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidelab.records import MERGED_AGES, MERGED_EDUCATION, SUPPRESSED, Participant, Rating, Record
from tidelab.study.design import Design
from tidelab.study.parts import Question
from tidelab.study.suppress import ABOUT
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
    "questionnaire": "name of the further questionnaire; empty: a demographic question",
    "value": "answer given",
    "step": "page",
    "text": "own words",
}
COARSE = {
    "age_group": {band: f"{band} years, bands merged so that nobody stands out" for band in dict.fromkeys(MERGED_AGES.values())},
    "education": {level: f"{level}, levels merged so that nobody stands out" for level in dict.fromkeys(MERGED_EDUCATION.values())},
}
"""What `suppress` makes of single values: values of the table too, which no option of the study tells."""


def margin_name(questionnaire: str, question: str) -> str:
    """How a further question is called among the margins."""
    return f"{questionnaire or 'demographics'}.{question}"


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
                for v, m in _values(design, name, table, column).items()
            ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("table", "column", "label", "value", "meaning"), pl.String), orient="row")


def _values(design: Design, table: str, frame: pl.DataFrame, column: str) -> dict[str, str]:
    """{value: meaning}; of people all values that stand in the table are among them, since a label file drops what it doesn't know."""
    if column == "factor":
        return {s.name: f"{s.title}: {s.ask} " + "; ".join(f"{i} = {a}" for i, a in enumerate(s.anchors, 1)) for s in design.scales}
    if column == "value" and table == "ratings":
        return {str(i): f"lowest to highest, {i} of 5; the words by factor stand at `factor`" for i in range(1, 6)}
    if table == "margins" and column == "question":
        asked = {q.name: q.ask for q in design.demographics if q.name in ABOUT}
        return asked | {name: q.ask for name, q in _further(design).items()} | {"language": "the language in which the study was taken"}
    if table == "extras" and column == "question":
        return {name.partition(".")[2]: q.ask for name, q in _further(design).items()}
    if table == "margins" and column == "answer":
        names = named(design.languages, "study")
        return {code: f"of `language`: {name}{' (words unreviewed)' if code in design.unread() else ''}" for code, name in names.items()}
    if table == "participants":
        question = next((q for q in design.demographics if q.name == column), None)
        if question:
            known = question.options | COARSE.get(column, {})
            known |= {"": "declined or not asked", SUPPRESSED: "suppressed, since fewer than 5 people share it"}
            return known | {value: value for value in sorted(set(frame[column].to_list()) - set(known))}
    return {}


def _further(design: Design) -> dict[str, Question]:
    """Questions with options that the participants' table has no column for, as the margins call them."""
    asked = {margin_name("", q.name): q for q in design.demographics if q.name not in ABOUT}
    asked |= {margin_name(page.name, q.name): q for page in design.questionnaires for q in page.questions}
    return {name: q for name, q in asked.items() if q.options}


def spss_labels(book: pl.DataFrame) -> str:
    """SPSS syntax: a variable label for each column, value labels where the values are coded."""
    lines = ["* Labels for the exported CSV files; run after reading one of them. The lines of other files give warnings only."]
    for column, label in book.select("column", "label").unique(maintain_order=True).iter_rows():
        lines.append(f"VARIABLE LABELS {column} {_quoted(label)}.")
    for column, pairs in _coded(book):
        lines.append(f"VALUE LABELS {column} " + " ".join(f"{_spss(v)} {_quoted(m[:110])}" for v, m in pairs) + ".")
    return "\n".join(lines) + "\n"


def r_labels(book: pl.DataFrame) -> str:
    """R: a function that labels a data frame read from one of the CSV files."""
    lines = ["# d <- label(read.csv('participants.csv', colClasses = 'character'))", "label <- function(d) {"]
    for column, pairs in _coded(book):
        values = ", ".join(_r(v) for v, _ in pairs)
        words = ", ".join(_quoted(m) for _, m in pairs)
        lines.append(f"  if ({_quoted(column)} %in% names(d)) d${column} <- factor(d${column}, levels = c({values}), labels = c({words}))")
    for column, label in book.select("column", "label").unique(subset=["column"], maintain_order=True).iter_rows():
        lines.append(f"  if ({_quoted(column)} %in% names(d)) attr(d${column}, 'label') <- {_quoted(label)}")  # `factor` drops attributes
    return "\n".join([*lines, "  d", "}"]) + "\n"


def _coded(book: pl.DataFrame) -> list[tuple[str, list[tuple[str, str]]]]:
    """Columns of `participants` with words for their values; ratings stay numbers."""
    import polars as pl

    coded = book.filter(pl.col("meaning") != "", pl.col("table") == "participants")
    names = coded["column"].unique(maintain_order=True).to_list()
    return [(n, list(coded.filter(pl.col("column") == n).select("value", "meaning").iter_rows())) for n in names]


def _spss(value: str) -> str:
    """A value exactly as it stands in the table."""
    return "'" + value.replace("'", "''").replace("\n", " ") + "'"


def _r(value: str) -> str:
    """The same for R."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _quoted(text: str) -> str:
    """Words for people: what could end a string is replaced by what looks like it."""
    return "'" + text.replace("\\", "/").replace("'", "’").replace("\n", " ") + "'"
