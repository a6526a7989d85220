"""`tide review status`: progress, agreement, disagreements."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer

from tidelab.cli.review import DATABASE, JSON, RUN


def register(review: typer.Typer) -> None:
    """Adds the verb."""
    review.command(epilog="Example:  tide review status --run runs/quick --json")(status)


def status(
    run: Annotated[Path, RUN],
    database: Annotated[str | None, DATABASE] = None,
    limit: Annotated[int, typer.Option(min=0, help="show at most N disagreements")] = 20,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Say how far the review is and how far reviewers agree: weighted kappa, Krippendorff's alpha, intervals, disagreements."""
    from tidelab.cli.review import opened
    from tidelab.review.status import status as compute

    found = compute(opened(run, database))
    if json:
        print(json_module.dumps(found, ensure_ascii=False))
    else:
        _tell(found, limit)


def _tell(found: dict[str, Any], limit: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    if not found["items"]:
        console.print("no items yet: `tide review serve` fills the review from the run")
    for kind, counts in found["items"].items():
        console.print(f"[bold]{kind}[/bold]: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
        if not counts["two reviews"]:
            console.print("agreement is shown as soon as an item has two reviews")
            continue
        table = Table("question", "items", "identical", "alpha", "kappa, linear", "kappa, quadratic", box=None, header_style="bold")
        for row in found["agreement"][kind]:
            table.add_row(
                row["name"],
                str(row["items"]),
                f"{row['identical']:.0%}",
                *(_number(row[c]) for c in ("alpha", "kappa_linear", "kappa_quadratic")),
            )
        console.print(table)
    for d in found["disagreements"][:limit]:
        name = d["conversation_id"] + ("" if d["kind"] == "conversation" else f" ({d['system_id']})")
        console.print(f"[yellow]{'settled' if d['settled'] else 'waits'}[/yellow] {escape(name)}: {escape('; '.join(d['why']))}")
    if len(found["disagreements"]) > limit:
        console.print(f"and {len(found['disagreements']) - limit} more disagreements: --limit, --json")
    for p in found["people"]:
        console.print(f"{escape(p['name'])}, {p['role']}: {p['finished']} finished")
    console.print(found["convention"], style="dim")


def _number(found: dict[str, Any]) -> str:
    if found["value"] is None:
        return str(found["reason"])
    interval = "" if found["low"] is None else f" ({found['low']:.2f} to {found['high']:.2f})"
    return f"{found['value']:.2f}{interval}"
