"""`tide corpus export`: a corpus as a data set that others can find, read and judge."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Literal

import typer


def register(corpus: typer.Typer) -> None:
    """Adds the verb."""
    corpus.command(epilog="Example:  tide corpus export runs/quick --format hf --out quick-data")(export)


def export(
    source: Annotated[str, typer.Argument(help="a run directory, `sample`, or any data set that tidelab reads", show_default=False)],
    out: Annotated[Path, typer.Option(help="directory to make; must not hold anything yet", show_default=False)],
    format: Annotated[
        Literal["tide", "jsonl", "parquet", "chat", "hf"], typer.Option(help="`hf`: Parquet shards as the hub keeps them")
    ] = "hf",
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="publish rows that are not free to publish; their licence is named")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="print the provenance as JSON")] = False,
) -> None:
    """Write a data set with its card, licence, Croissant file, provenance and the checks' counts. Exit 3 if rows were left out."""
    from tidelab.corpus.publish import export as publish
    from tidelab.corpus.publish import rights
    from tidelab.corpus.publish.opened import opened

    corpus = opened(source)
    told = publish(corpus, format, out, accept_licence=accept_licence)
    left = corpus.checks()["left_out"]
    if json:
        print(json_module.dumps({"out": str(out), **told, "left_out_by": left, "warnings": corpus.warnings}, ensure_ascii=False))
    else:
        for warning in corpus.warnings:
            print(f"warning  {warning}")
        print(f"{told['conversations']:,} conversations of {told['personas']:,} personas in {out} ({format})")
        print("licence: " + ", ".join(f"{licence} {n:,}" for licence, n in told["licences"].items()))
        if held := rights.bound(corpus):
            print("not free, published because you accepted: " + ", ".join(f"{licence} {n:,}" for licence, n in held.items()))
        if left:
            print("left out: " + ", ".join(f"{stage} {n:,}" for stage, n in left.items()))
    if left:
        raise typer.Exit(3)
