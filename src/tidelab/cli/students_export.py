"""`tide students export`: a taught student in hub form."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from tidelab.students.as_gguf import Held

STUDENT = typer.Argument(help="the directory of an adapter, such as runs/NAME/students/STUDENT@fine-tuned", show_default=False)


def register(students: typer.Typer) -> None:
    """Adds the verb."""
    students.command(epilog="Example:  tide students export runs/laptop/students/SmolLM2-135M-Instruct@fine-tuned --to merged --out DIR")(
        export
    )


def export(
    student: Annotated[str, STUDENT],
    out: Annotated[Path, typer.Option(help="directory to make; must not hold anything yet", show_default=False)],
    to: Annotated[
        Literal["merged", "adapter", "gguf"], typer.Option(help="one whole model, the adapter alone, or one GGUF file")
    ] = "merged",
    type_: Annotated[Literal["f16", "q8_0", "q4_k_m"], typer.Option("--type", help="number format of the GGUF file's weights")] = "f16",
    base: Annotated[str | None, typer.Option(help="the model beneath the adapter, where it lies elsewhere now")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="prompts to compare on; 8, and 200 for gguf, where left out")] = None,
    json: Annotated[bool, typer.Option("--json", help="print the facts of the card as JSON")] = False,
) -> None:
    """Write a taught student with its model card; a merged one is compared with its adapter, a GGUF file with the student."""
    from tidelab.corpus import sample
    from tidelab.students.export import export as write
    from tidelab.students.placed import placed

    people = [conversation.person for conversation in sample.load()[2][: limit or (200 if to == "gguf" else 8)]]
    facts = write(placed(student, base), to, out, people, type_)
    held = facts.pop("held", None)
    if held is not None:
        facts["held"] = {"engine": held.engine, **held.agreement._asdict(), "drift": _drift(held)}
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
    if to == "gguf" and held is None:
        print("not compared: neither OpenVINO GenAI nor a server of llama.cpp is here to read it (docs/engines.md)")
    elif held is not None:
        told = facts["held"]
        print(
            f"against the student itself, {told['prompts']} prompts, {told['engine']}: same token in {told['same_token']:.2%} of "
            f"{told['tokens']:,}, same reply in {told['same_text']:.0%}; replies against the student's: "
            + ", ".join(f"{name} {value:.3f}" for name, value in told["drift"].items())
        )


def _drift(held: Held) -> dict[str, float]:
    """Means of metrics of the file's replies, the student's own replies taken as references: 1 where nothing drifted."""
    import polars as pl

    from tidelab.scoring import score

    told = score(held.replies, held.own, metrics=("cosine", "rouge_l", "meteor")).filter(pl.col("value").is_not_nan())
    return dict(told.group_by("metric", maintain_order=True).agg(pl.col("value").mean()).iter_rows())
