"""`tide corpus stats`: what a data set or a run's corpus is made of."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer

from tidelab.cli.corpus_check import SOURCE


def register(corpus: typer.Typer) -> None:
    """Adds the verb."""
    corpus.command(epilog="Examples:  tide corpus stats sample   |   tide corpus stats runs/quick --near --json")(stats)


def stats(
    source: Annotated[str, SOURCE],
    limit: Annotated[int, typer.Option(min=1, help="show the N commonest values, openings and repeated phrases")] = 10,
    near: Annotated[
        bool, typer.Option("--near", help="also the share of near-duplicates; takes some minutes for 10,000 conversations")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="print the description as JSON")] = False,
) -> None:
    """Describe a data set: counts, lengths, variety of words, openings, repeated phrases."""
    from tidelab.corpus.opened import opened
    from tidelab.corpus.stats import describe

    told = describe(opened(source), top=limit, near=near)
    if json:
        print(json_module.dumps(told, ensure_ascii=False))
    else:
        _tell(told, limit)


def _tell(told: dict[str, Any], limit: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.print(
        f"{told['conversations']:,} conversations of {told['personas']:,} personas; {told['quarantined']:,} rows could not be read"
    )
    for what, counts in told["by"].items():
        shown = [f"{escape(value)} {n:,}" for value, n in list(counts.items())[:limit]]
        more = f", and {len(counts) - limit} more" if len(counts) > limit else ""
        console.print(f"[bold]{what.replace('_', ' ')}[/bold]  {', '.join(shown)}{more}")
    table = Table("", "least", "median", "mean", "most", "deviation", box=None, header_style="bold")
    for side in ("person", "chatbot"):
        for figure in ("words", "sentence_words"):
            table.add_row(f"{side}: {figure.replace('_', ' ')}", *(f"{value:g}" for value in told[side][figure].values()))
    console.print(table)
    for side in ("person", "chatbot"):
        ratio, repeated = told[side]["type_token_ratio"], told[side]["repeated_6_grams"]
        console.print(
            f"[bold]{side}[/bold]  type-token ratio {'n/a (under 1,000 words)' if ratio is None else ratio}; "
            f"{repeated['share_of_conversations']:.1%} share six words in a row with another"
        )
        for opening in told[side]["openings"]:
            console.print(f"  opens `{escape(opening['words'])}`  {opening['conversations']:,} ({opening['share']:.1%})")
        for phrase in repeated["most"]:
            console.print(f"  repeats `{escape(phrase['words'])}`  {phrase['conversations']:,}")
    if "near_duplicates" in told:
        near = told["near_duplicates"]
        console.print(f"near-duplicates (cosine {near['cosine']}): {near['conversations']:,} ({near['share']:.1%})")
