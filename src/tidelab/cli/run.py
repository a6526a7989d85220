"""`tide run`: the whole study."""

from __future__ import annotations

from typing import Annotated

import typer

WHICH = typer.Argument(help="a preset's name or a YAML file; `quick` where left out", show_default=False)
EPILOG = "Examples:  tide run quick   |   tide run quick --set corpus.source=DATA --out runs/mine   |   tide run study.yaml --plan"


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=EPILOG)(run)


def run(
    which: Annotated[str, WHICH] = "quick",
    out: Annotated[str | None, typer.Option(help="run directory; runs/NAME where left out")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="override a setting; may be given often")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="answer and score only the first N test conversations of each source")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="print settings with their origins, cells and an estimate; do nothing")] = False,
    show_prompts: Annotated[bool, typer.Option("--show-prompts", help="print the prompts that students get; do nothing")] = False,
    json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Carry out the whole study, or what is missing of it, to an HTML report."""
    from pathlib import Path

    from tidelab.cli import carry_out, plan_view
    from tidelab.settings import resolve

    resolved = resolve(which, [*(sets or []), *([f"corpus.limit={limit}"] if limit else [])])
    directory = Path(out) if out else Path("runs") / resolved.experiment.name
    if show_prompts:
        plan_view.show_prompts(resolved.experiment, json=json)
    elif plan:
        plan_view.show(resolved, directory, json=json)
    else:
        raise typer.Exit(carry_out.carry_out(resolved.experiment, directory, json=json))
