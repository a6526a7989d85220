"""`tide corpus personas`: who would be written for, against what they were drawn from."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tidelab.corpus.marginals import Marginal
    from tidelab.records import Persona


def register(corpus: typer.Typer) -> None:
    """Adds the verb."""
    corpus.command(epilog="Example:  tide corpus personas --n 500 --seed 7 --out personas.jsonl")(personas)


def personas(
    n: Annotated[int, typer.Option(min=1, max=1_000_000, help="how many personas")] = 500,
    seed: Annotated[int, typer.Option(help="same seed, same personas; a larger --n only adds")] = 7,
    out: Annotated[Path | None, typer.Option(help="write them: FILE.jsonl, FILE.parquet, or a directory in TIDE form")] = None,
    limit: Annotated[int, typer.Option(min=0, help="show the first N personas")] = 3,
    json: Annotated[bool, typer.Option("--json", help="print marginals, sources and the first --limit personas as JSON")] = False,
) -> None:
    """Draw personas without a model, and show their marginals beside the targets. Exit 3 if a stratum is below its minimum."""
    from tidelab.corpus import marginals, write_personas
    from tidelab.corpus.personas import distributions, sample

    people = sample(n, seed)
    if out is not None:
        write_personas.write(people, out)
    low = marginals.shortfalls(people) if n >= distributions()["coverage"]["from"] else []
    if json:
        found: dict[str, Any] = {
            "personas": n,
            "seed": seed,
            "marginals": [m._asdict() for m in marginals.marginals(people)],
            "below_minimum": [m._asdict() for m in low],
            "sources": marginals.sources(),
            "first": [p.model_dump() for p in people[:limit]],
        }
        print(json_module.dumps(found, ensure_ascii=False))
    else:
        _show(people, marginals.marginals(people), marginals.sources(), limit)
        if out is not None:
            print(f"{n:,} personas in {out}")
    if low:
        raise typer.Exit(3)


def _show(people: list[Persona], found: list[Marginal], sources: list[dict[str, Any]], limit: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from tidelab.corpus.personas import distributions

    console = Console(highlight=False)
    table = Table("stratum", "", "personas", "share", "target", "minimum", box=None, header_style="bold")
    last = ""
    for m in found:
        minimum = f"{m.minimum:.1%}" if m.minimum else ""
        mark = "[red]" if m.share < m.minimum and len(people) >= distributions()["coverage"]["from"] else ""
        table.add_row("" if m.what == last else m.what, m.value, f"{m.number:,}", f"{mark}{m.share:.1%}", f"{m.target:.1%}", minimum)
        last = m.what
    console.print(table)
    assumed = [s["group"] for s in sources if "unverified" in s["source"]]
    partly = [f"{s['group']} ({s['unverified']})" for s in sources if s["unverified"]]
    console.print(f"assumptions (unverified): {', '.join(assumed)}", soft_wrap=True)
    console.print(f"published, in part assumed: {'; '.join(partly)}", soft_wrap=True)
    console.print("shares are a design for comparisons, not prevalence; sources stand in docs/personas.md", soft_wrap=True)
    for p in people[:limit]:
        console.print(f"{p.persona_id}: {p.age}, {p.gender}, {p.occupation}, {p.trauma_topic}, PCL-5 {p.severity}", soft_wrap=True)
