"""`tide corpus write`: a teacher writes conversations from personas and scenarios."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tidelab.experiment import Calls
    from tidelab.run.directory import RunDirectory

TEACHER = typer.Option(help="anthropic:MODEL, openai:MODEL, openai-compatible:URL#MODEL, or rehearsal", show_default=False)
RUN = typer.Option("--run", metavar="DIR", help="run directory; made where it is not there")
EPILOG = (
    "Examples:  tide corpus write --teacher rehearsal --run runs/rehearsed   |   "
    "tide corpus write --teacher anthropic:MODEL --personas 500 --per-persona 20 --run runs/paper --batch --max-cost 100"
)


def register(corpus: typer.Typer) -> None:
    """Adds the verb."""
    corpus.command(epilog=EPILOG)(write)


def write(
    teacher: Annotated[str, TEACHER],
    run: Annotated[Path, RUN] = Path("runs/corpus"),
    personas: Annotated[int, typer.Option(min=2, max=100_000, help="personas to write for")] = 500,
    per_persona: Annotated[int, typer.Option(min=1, max=100, help="conversations per persona")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="seed of personas and scenarios")] = 7,
    limit: Annotated[int | None, typer.Option(min=1, help="write only the first N conversations")] = None,
    batch: Annotated[bool, typer.Option("--batch", help="use the provider's batch endpoint: half the price, within a day")] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="US dollars to spend in this run directory, earlier commands included")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=0, help="tokens, asked and replied, to use in this run directory, earlier commands included")
    ] = None,
    answer_tokens: Annotated[int, typer.Option(min=1, help="tokens of one answer, thinking included; another limit asks all anew")] = 4_000,
    price: Annotated[str | None, typer.Option(metavar="IN,OUT", help="US dollars per million tokens, where the table is not right")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=1_000, help="requests in flight at most")] = 16,
    timeout: Annotated[float, typer.Option(min=0.01, help="seconds for one call")] = 120.0,
    poll: Annotated[float, typer.Option(min=0.01, help="seconds between two looks at a batch")] = 30.0,
    again: Annotated[
        bool, typer.Option("--again", help="ask once more for what never got an answer; nothing stored is paid again")
    ] = False,
    show_prompts: Annotated[bool, typer.Option("--show-prompts", help="print what the teacher is asked; do nothing")] = False,
    json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Have a teacher write conversations. Stop it anywhere: the same command goes on, and no stored answer is paid twice.

    Exit 3 if more than 1% went to quarantine.
    """
    from tidelab.cli import watch
    from tidelab.cli.price import price as read_price
    from tidelab.corpus.teachers.cell import REHEARSAL, WRITE, cell
    from tidelab.experiment import Calls, Limits
    from tidelab.run import RunDirectory, machine
    from tidelab.run.executor import Local, run_cells

    calls = Calls(
        concurrency=concurrency,
        timeout=timeout,
        batch=batch,
        poll=poll,
        max_cost=max_cost,
        max_tokens=max_tokens,
        answer_tokens=answer_tokens,
        price=read_price(price),
    )
    made = cell(teacher, personas, per_persona, seed, calls, limit)
    total = min(personas * per_persona, limit or personas * per_persona)
    if show_prompts:
        _show(teacher, per_persona, seed, min(total, limit or 1), answer_tokens, json=json)
        return
    _tell_before(teacher, total, calls, json=json)
    directory = RunDirectory(run, create=True)
    watcher = watch.watcher(json)
    with directory.locked():
        if again:
            _reopen(directory, WRITE)
        directory.describe(**machine.facts(), seed=seed, teacher=made.decides["teacher"])
        try:
            run_cells(directory, [made], watcher, Local())
        finally:
            if isinstance(watcher, watch.Bars):
                watcher.close()
    result = _result(directory, WRITE)
    if json:
        print(json_module.dumps(result, ensure_ascii=False))
    else:
        _tell_after(result, rehearsed=teacher == REHEARSAL)
    if result["quarantined"] > Limits().unscored_share * total:
        raise typer.Exit(3)


def _reopen(directory: RunDirectory, name: str) -> None:
    """Opens the finished cell again, unless something was made of it: that would then stand beside another corpus."""
    from tidelab.corpus import stage
    from tidelab.errors import TidelabError

    if directory.done(stage.READ):
        mend = "copy its responses.db into a new directory and give that as --run: no stored answer is paid again"
        raise TidelabError("a study was made of this corpus; it can't change beneath it", where=f"--again {directory.path}", mend=mend)
    directory.reopen(name)


def _show(teacher: str, per_persona: int, seed: int, shown: int, answer_tokens: int, *, json: bool) -> None:
    from tidelab.corpus.teachers import prompts
    from tidelab.corpus.teachers.cell import REHEARSAL, pairs

    if teacher == REHEARSAL:
        print("The rehearsal teacher is asked nothing: it composes from a grammar.")
        return
    asked = [list(prompts.ask(*pair).messages) for pair in pairs(shown + 1, per_persona, seed, shown)]
    told = {"prompt": prompts.VERSION, "sha256": prompts.prompt_hash(), "schema": prompts.SCHEMA, "max_tokens": answer_tokens}
    if json:
        print(json_module.dumps(told | {"prompts": asked}, ensure_ascii=False))
        return
    for prompt in asked:
        for message in prompt:
            print(f"[{message['role']}]\n{message['content']}\n")
    print(f"{told['prompt']}, SHA-256 {told['sha256']}..., at most {told['max_tokens']:,} tokens for an answer")


def _tell_before(teacher: str, total: int, calls: Calls, *, json: bool) -> None:
    """The estimate and the provider's terms, on standard error."""
    from tidelab.corpus.teachers.cell import REHEARSAL, estimate
    from tidelab.engines import facts, provider

    if json or teacher == REHEARSAL:
        return
    expected = estimate(teacher, total, calls)
    cost = "unknown" if expected["cost"] is None else f"about ${expected['cost']:,.2f}"
    tokens = f"{expected['prompt_tokens']:,} tokens asked, {expected['reply_tokens']:,} replied"
    print(f"{total:,} conversations: about {tokens}; cost {cost} (price: {expected['price']})", file=sys.stderr)
    terms = facts.terms(provider.parse(teacher)[0])
    print(f"terms: {terms['says']} ({terms['source']})", file=sys.stderr)


def _result(directory: RunDirectory, name: str) -> dict[str, Any]:
    import polars as pl

    done = directory.done(name)
    assert done is not None
    reasons = pl.read_parquet(directory.cell_dir(name) / "quarantine.parquet")["reason"].value_counts(sort=True)
    return {"run": str(directory.path), **done["notes"], "reasons": dict(reasons.iter_rows()), "seconds": done["seconds"]}


def _tell_after(result: dict[str, Any], *, rehearsed: bool) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    for step in result.get("steps", []):
        console.print(f"[yellow]note[/yellow] {escape(step)}")
    for reason, count in list(result["reasons"].items())[:20]:
        console.print(f"[red]quarantined[/red] {count} x {escape(reason)}")
    console.print(f"{result['conversations']:,} conversations written, {result['quarantined']:,} in quarantine")
    if rehearsed:
        console.print("composed by a grammar: a rehearsal, not data about people")
        return
    usage = result["usage"]
    cost = "unknown" if usage["cost"] is None else f"${usage['cost']:,.4f}"
    retried = sum(count for tries, count in result["tries"].items() if tries != "1")
    console.print(
        f"{usage['answers']:,} answers by {usage['calls']:,} calls, {usage['prompt_tokens']:,} tokens asked, "
        f"{usage['reply_tokens']:,} replied, cost {cost}; {retried:,} conversations needed a fresh try"
    )
