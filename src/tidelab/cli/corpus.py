"""`tide corpus`: its verbs, and `check`: what the checks say of any data set, before it is used."""

from __future__ import annotations

import json as json_module
from collections import Counter
from typing import Annotated, Any

import typer

SOURCE = typer.Argument(help="TIDE directory, .jsonl, .csv, .parquet, hf:OWNER/NAME, or `sample`", show_default=False)


def register(app: typer.Typer) -> None:
    """Adds the verb's group."""
    from tidelab.cli import corpus_export, corpus_import, corpus_personas

    corpus = typer.Typer(help="Make, look at and publish a data set.", no_args_is_help=True)
    corpus.command(epilog="Example:  tide corpus personas --n 500 --seed 7 --out personas.jsonl")(corpus_personas.personas)
    corpus.command("import", epilog="Example:  tide corpus import hf:yenopoya/TIDE --out tide.jsonl")(corpus_import.import_)
    corpus.command(epilog="Example:  tide corpus export runs/quick --format hf --out quick-data")(corpus_export.export)
    corpus.command(epilog="Example:  tide corpus check DATA --json")(check)
    app.add_typer(corpus, name="corpus")


def check(
    source: Annotated[str, SOURCE],
    limit: Annotated[int, typer.Option(min=1, help="show at most N quarantined rows and flags each")] = 20,
    json: Annotated[bool, typer.Option("--json", help="print all findings as JSON")] = False,
) -> None:
    """Read a data set and say what would be used, quarantined and flagged, with reasons. Exit 3 if anything is quarantined."""
    from tidelab.corpus import checks, sample
    from tidelab.corpus.source import read
    from tidelab.records import Quarantined

    warnings: list[str] = []
    unread: list[Quarantined] = []
    if source == "sample":
        people, _, conversations = sample.load()
    else:
        found = read(source)
        people, conversations, unread, warnings = found.personas, found.conversations, found.quarantined, found.warnings
    kept, stopped, flags = checks.apply(conversations, {p.persona_id: p for p in people})
    quarantined = [*unread, *stopped]
    counts = {
        "personas": len(people),
        "used": len(kept),
        "quarantined": len(quarantined),
        "flagged": len({f.conversation_id for f in flags}),
    }
    if json:
        rows: dict[str, Any] = {"quarantine": [q.model_dump() for q in quarantined], "flags": [f.model_dump() for f in flags]}
        print(json_module.dumps(counts | {"warnings": warnings} | rows, ensure_ascii=False))
    else:
        from rich.console import Console
        from rich.markup import escape

        console = Console(highlight=False)
        for warning in warnings:
            console.print(f"[yellow]warning[/yellow] {escape(warning)}")
        for q in quarantined[:limit]:
            console.print(f"[red]quarantined[/red] {escape(q.where or q.conversation_id)}  {q.stage}: {escape(q.reason)}")
        for f in flags[:limit]:
            console.print(f"[yellow]flag[/yellow] {escape(f.conversation_id)}  {f.check}: {escape(f.message)}")
        by_stage = Counter(q.stage for q in quarantined) + Counter(f.check for f in flags)
        console.print(", ".join(f"{n} {what}" for what, n in counts.items()) + "".join(f"; {stage}: {n}" for stage, n in by_stage.items()))
    if quarantined:
        raise typer.Exit(3)
