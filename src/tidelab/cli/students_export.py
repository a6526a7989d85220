"""`tide students export`: a taught student in hub form."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Literal

import typer

STUDENT = typer.Argument(help="the directory of an adapter, such as runs/NAME/students/STUDENT@fine-tuned", show_default=False)


def register(students: typer.Typer) -> None:
    """Adds the verb."""
    students.command(epilog="Example:  tide students export runs/laptop/students/SmolLM2-135M-Instruct@fine-tuned --to merged --out DIR")(
        export
    )


def export(
    student: Annotated[str, STUDENT],
    out: Annotated[Path, typer.Option(help="directory to make; must not hold anything yet", show_default=False)],
    to: Annotated[Literal["merged", "adapter"], typer.Option(help="one whole model, or the adapter alone")] = "merged",
    base: Annotated[str | None, typer.Option(help="the model beneath the adapter, where it lies elsewhere now")] = None,
    limit: Annotated[int, typer.Option(min=1, help="prompts on which merged and adapter are compared")] = 8,
    json: Annotated[bool, typer.Option("--json", help="print the facts of the card as JSON")] = False,
) -> None:
    """Write a taught student with its model card; a merged one is compared with its adapter before it is kept."""
    from tidelab.corpus import sample
    from tidelab.students.export import export as write
    from tidelab.students.placed import placed

    people = [conversation.person for conversation in sample.load()[2][:limit]]
    facts = write(placed(student, base), to, out, people)
    if json:
        print(json_module.dumps({"out": str(out), "to": to, **facts}))
        return
    print(f"{to}: {out}")
    if "compared" in facts:
        told = facts["compared"]
        print(
            f"merged equals adapter: over {told['tokens']:,} tokens of {told['prompts']} prompts log-probabilities differ by at most "
            f"{told['difference']:.1g} nats, likeliest tokens agree in {told['agreement']:.2%}"
        )
