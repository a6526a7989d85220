"""`tide students`: the verbs about students."""

from __future__ import annotations

import importlib

import typer


def register(app: typer.Typer) -> None:
    """Adds the group and its verbs."""
    students = typer.Typer(help="Look at students, teach one, let one reply, export one.", no_args_is_help=True)
    for verb in ("list", "show", "teach", "reply", "export"):
        importlib.import_module(f"tidelab.cli.students_{verb}").register(students)
    app.add_typer(students, name="students")
