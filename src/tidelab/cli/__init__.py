"""`tide`, the command: one thin file per verb, loaded when used."""

from __future__ import annotations

import importlib
import sys

import typer

from tidelab.errors import TidelabError

app = typer.Typer(
    name="tide",
    help="A laboratory for empathetic small language models. It supplements research and replaces no clinical care.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

for _verb in ("run", "doctor", "corpus", "students", "review", "study", "score", "analyse", "report"):
    importlib.import_module(f"tidelab.cli.{_verb}").register(app)


def main() -> None:
    """Exit 0: done; 1: a bug; 2: the user's to mend; 3: finished, but more rows unscored or quarantined than allowed."""
    try:
        app()
    except TidelabError as error:
        typer.echo(f"tide: {error}", err=True)
        sys.exit(2)
    except SystemExit as end:
        if end.code == 130:  # Typer makes this of Ctrl-C, and says nothing
            typer.echo("\ntide: stopped; the same command goes on where it stopped", err=True)
        raise
