"""`tide corpus`: the verbs about data sets."""

from __future__ import annotations

import importlib

import typer


def register(app: typer.Typer) -> None:
    """Adds the group and its verbs."""
    corpus = typer.Typer(help="Make, look at and publish a data set.", no_args_is_help=True)
    for verb in ("personas", "write", "import", "export", "check", "stats"):
        importlib.import_module(f"tidelab.cli.corpus_{verb}").register(corpus)
    app.add_typer(corpus, name="corpus")
