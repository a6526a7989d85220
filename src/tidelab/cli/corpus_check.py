"""`tide corpus check`: what the checks say of any data set or run."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tidelab.corpus.checks import Checked
    from tidelab.corpus.formats import Import

SOURCE = typer.Argument(
    metavar="SOURCE_OR_RUN",
    help="`sample`, a data set (TIDE directory, sessions, .jsonl, .csv, .parquet), or a run directory",
    show_default=False,
)
EPILOG = (
    "Examples:  tide corpus check DATA   |   tide corpus check runs/quick --html checks.html   |   tide corpus check DATA --only trauma"
)


def register(corpus: typer.Typer) -> None:
    """Adds the verb."""
    corpus.command(epilog=EPILOG)(check)


def check(
    source: Annotated[str, SOURCE],
    limit: Annotated[int, typer.Option(min=1, help="show at most N quarantined rows, and N findings of each check")] = 20,
    only: Annotated[str, typer.Option(metavar="NAME,...", help="run only these checks; all where left out")] = "",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="also write the report as one HTML page")] = None,
    json: Annotated[bool, typer.Option("--json", help="print counts and all findings as JSON")] = False,
) -> None:
    """Say what of a data set would be used, quarantined and flagged, and why. Exit 3 if anything is quarantined."""
    from rich.console import Console

    from tidelab.corpus import check_report, checks
    from tidelab.corpus.opened import opened
    from tidelab.errors import TidelabError
    from tidelab.run import atomic

    names = [name.strip() for name in only.split(",") if name.strip()]
    checks.checks(names)  # says what is wrong with a name before anything is read
    if html and (html.is_dir() or not html.absolute().parent.is_dir()):
        raise TidelabError("can't be written", where=f"--html {html}", mend="name a file in a directory that exists")
    found = opened(source)
    with Console(stderr=True, quiet=json).status("reading") as status:
        begins = lambda name: status.update(f"{len(found.conversations):,} conversations: {name}")  # noqa: E731
        checked = checks.examine(found.conversations, {p.persona_id: p for p in found.personas}, names, begins)
    if html:
        atomic.write_text(html, check_report.page(Path(source).name, found, checked, limit))
    if json:
        quarantined = [q.model_dump() for q in [*found.quarantined, *checked.quarantined]]
        rows: dict[str, Any] = {"quarantine": quarantined, "flags": [f.model_dump() for f in checks.flags(checked)]}
        print(json_module.dumps(check_report.summary(found, checked) | rows, ensure_ascii=False))
    else:
        _tell(found, checked, limit)
    if found.quarantined or checked.quarantined:
        raise typer.Exit(3)


def _tell(found: Import, checked: Checked, limit: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from tidelab.corpus import check_report, checks

    console, told = Console(highlight=False), check_report.summary(found, checked)
    for warning in found.warnings:
        console.print(f"[yellow]warning[/yellow] {escape(warning)}")
    for q in [*found.quarantined, *checked.quarantined][:limit]:
        console.print(f"[red]quarantined[/red] {escape(q.where or q.conversation_id)}  {q.stage}: {escape(q.reason)}")
    for one in checks.checks(list(checked.findings)):
        for finding in checked.findings[one.name][:limit] if one.severity == "warning" else ():
            console.print(f"[yellow]flag[/yellow] {escape(finding.conversation_id)}  {one.name}: {escape(finding.message)}")
    table = Table("check", "outcome", "conversations", "share", box=None, header_style="bold")
    for row in told["checks"]:
        table.add_row(row["check"], row["outcome"], f"{row['conversations']:,}", f"{row['share']:.2%}")
    console.print(table)
    console.print(", ".join(f"{told[what]:,} {what}" for what in ("personas", "used", "quarantined", "flagged")))
