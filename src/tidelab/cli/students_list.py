"""`tide students list`: who can be a student, and what each one needs."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer

MODELS = typer.Argument(metavar="[MODEL]...", help="paths or hub ids; every known model where left out", show_default=False)
GIB = 2**30
WIDE = 165
"""Characters that the table needs, so that no name is cut where the output goes into a file."""


def register(students: typer.Typer) -> None:
    """Adds the verb."""
    students.command("list", epilog="Examples:  tide students list   |   tide students list DIR --length 768 --batch 16 --json")(list_)


def list_(
    models: Annotated[list[str] | None, MODELS] = None,
    length: Annotated[int, typer.Option(min=1, help="tokens of prompt and reply together")] = 512,
    batch: Annotated[int, typer.Option(min=1, help="conversations in one batch or step")] = 8,
    rank: Annotated[int, typer.Option(min=1, help="rank of the LoRA adapter")] = 16,
    json: Annotated[bool, typer.Option("--json", help="print the roster as JSON")] = False,
) -> None:
    """List students with size, licence, gate, chat format, context, and the memory they need to answer and to be taught."""
    from tidelab.students import known
    from tidelab.students.entries import entry

    rows = [entry(model, length=length, batch=batch, rank=rank) for model in models or known.known()]
    if json:
        print(json_module.dumps({"source": known.source(), "length": length, "batch": batch, "rank": rank, "students": rows}))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True, width=max(Console().width, WIDE))
    columns = ("model", "parameters", "non-embedding", "licence", "format", "stop", "context", "answer", "LoRA", "full")
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*_told(row))
    console.print(table)
    console.print(
        f"Memory in GiB, computed: to answer {batch} prompts of {length} tokens with the reply in bf16; "
        f"to teach {batch} rows of {length} tokens in a step, LoRA of rank {rank}, with gradient checkpointing from 0.2B parameters on."
    )
    gated = [row["model"] for row in rows if row["gate"] not in ("none", "unknown")]
    if gated:
        console.print(f"Gated, so accept the licence on the model's page and give HF_TOKEN: {', '.join(gated)}")
    console.print(f"Source: {known.source()}", style="dim")


def _told(row: dict[str, Any]) -> list[str]:
    sizes = [f"{row[key] / 1e6:,.0f}M" for key in ("parameters", "non_embedding")]
    memory = [f"{row['memory'][key] / GIB:,.1f}" for key in ("answer", "lora", "full")]
    pin = f"{row['model']}@{row['revision'][:7]}" if row["revision"] else row["model"]
    return [pin, *sizes, row["licence"], row["format"], row["stop"][0], f"{row['context']:,}", *memory]
