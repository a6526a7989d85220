"""What was compared: every system, what it is, and how many replies it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidelab.report.names import label, marks
from tidelab.report.numbers import count, size
from tidelab.report.sheet import Cell, Sheet

if TYPE_CHECKING:
    from tidelab.report.data import Study

_FLOORS = {
    "constant": "one kind sentence, the same for everyone",
    "echo": "gives the person's words back",
    "nearest": "the reference of the most similar training conversation",
}


def compared(study: Study) -> Sheet:
    """One row for each system, in the study's order."""
    import polars as pl

    students = {row["student"]: row for row in study.roster.to_dicts()}
    per = study.replies.group_by("system_id").agg(pl.len().alias("rows"), pl.col("text").is_null().sum().alias("missing"))
    counted = {row["system_id"]: row for row in per.to_dicts()}
    rows = []
    for system_id in study.systems:
        name, condition = label(system_id)
        student, replies = students.get(name), counted.get(system_id, {"rows": 0, "missing": 0})
        what = f"{student['family']} student, {condition}" if student else _FLOORS.get(name, condition)
        rows.append(
            [
                Cell(system_id, marks=marks(system_id, study.nano)),
                Cell(what),
                Cell(size(student["parameters"]), key=float(student["parameters"] or 0)) if student else Cell(size(None)),
                Cell(count(replies["rows"]), key=replies["rows"]),
                Cell(count(replies["missing"]), key=replies["missing"]),
            ]
        )
    return Sheet(
        "compared", "Systems compared", ["System", "What it is", "Parameters", "Replies asked", "Without text"], rows, frozenset({0, 1})
    )
