"""`tide students teach`: one student, from one data set."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer


def register(students: typer.Typer) -> None:
    """Adds the verb."""
    students.command(epilog="Example:  tide students teach DIR --data sample --out runs/taught --set training.epochs=2")(teach)


def teach(
    model: Annotated[str, typer.Argument(help="`nano:1m`, a model directory, or a hub id", show_default=False)],
    out: Annotated[Path, typer.Option(help="run directory; an interrupted teaching goes on there", show_default=False)],
    data: Annotated[str, typer.Option(help="where conversations come from, as `corpus.source` takes it")] = "sample",
    sets: Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="override a setting; may be given often")] = None,
    json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Fine-tune one student as a study would, without replies and scores; `tide run OUT/experiment.yaml --out OUT` would add them."""
    from tidelab.cli import carry_out
    from tidelab.run.directory import RunDirectory
    from tidelab.settings import resolve

    student = json_module.dumps([{"model": model, "conditions": ["fine-tuned"]}])
    resolved = resolve("laptop", [f"students={student}", f"corpus.source={data}", f"name={out.absolute().name}", *(sets or [])])
    experiment = resolved.experiment
    carry_out.carry_out(experiment, out, until="students", only=("corpus", "students"), silent=json)
    run = RunDirectory(out)
    taught = []
    for student_ in experiment.students:
        cell = f"students/{student_.name}@fine-tuned"
        notes = (run.done(cell) or {})["notes"]
        taught.append({"student": student_.name, "directory": str(run.cell_dir(cell)), **notes})
    if json:
        print(json_module.dumps({"run": str(out), "taught": taught}))
        return
    for told in taught:
        left = f", {told['rows_too_long']} were too long" if told["rows_too_long"] else ""
        print(f"{told['student']}: {told['rows']:,} conversations{left}, {told['steps']:,} steps, {told['labels']:,} tokens learnt")
        print(told["directory"])
