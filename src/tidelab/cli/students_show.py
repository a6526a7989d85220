"""`tide students show`: the exact tokens that a student learns from and is asked with."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tidelab.students.shown import Token

MODEL = typer.Argument(help="a model directory or a hub id")


def register(students: typer.Typer) -> None:
    """Adds the verb."""
    students.command(epilog="Example:  tide students show Qwen/Qwen2.5-0.5B-Instruct")(show)


def show(
    model: Annotated[str, MODEL],
    json: Annotated[bool, typer.Option("--json", help="print tokens with id, text and whether they are learnt as JSON")] = False,
) -> None:
    """Show one training row, what is learnt in green and what is masked in grey, and one prompt, token by token."""
    from tidelab.corpus import sample
    from tidelab.engines.loading import load_tokenizer
    from tidelab.students.entries import check_student
    from tidelab.students.known import pinned
    from tidelab.students.labels import Example
    from tidelab.students.shown import shown

    check_student(model)
    tokenizer, assumed = load_tokenizer(pinned(model))
    conversation = sample.load()[2][0]
    told = shown(tokenizer, Example(conversation.person, conversation.chatbot))
    if json:
        parts = {"row": [t._asdict() for t in told.row], "prompt": [t._asdict() for t in told.prompt]}
        print(json_module.dumps({"model": model, **parts, "ends": told.ends, "assumed": assumed}))
        return
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    learnt = sum(token.learnt for token in told.row)
    console.print(f"[bold]training row[/bold]: {len(told.row)} tokens, {learnt} learnt (green), {len(told.row) - learnt} masked (grey)")
    console.print(_painted(told.row))
    console.print(f"\n[bold]prompt[/bold]: {len(told.prompt)} tokens; the reply begins where it ends")
    console.print(_painted(told.prompt))
    console.print(f"\na reply is over at: {', '.join(told.ends)}", markup=False)
    for what in assumed:
        console.print(f"assumed: {what}", markup=False)


def _painted(tokens: list[Token]) -> object:
    """Tokens apart by a thin bar; a line's end is shown and kept."""
    from rich.text import Text

    painted = Text()
    for token in tokens:
        painted.append(token.text.replace("\n", "⏎\n"), style="bold green" if token.learnt else "bright_black")
        painted.append("|", style="dim")
    return painted
