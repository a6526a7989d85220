"""Writes docs/reference.md out of the code: every verb, setting and record field. `--check` only says whether it is up to date."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.main import get_command

from tidelab.cli import app
from tidelab.experiment import Experiment
from tidelab.records import RECORDS

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"


def page() -> str:
    """The whole page as Markdown."""
    parts = ["# Reference", "Made by `python tools/make_reference.py` out of the code; a test fails when it is behind."]
    parts += ["## Verbs", *(_verb(path, command) for path, command in verbs(get_command(app), ()))]
    parts += [
        "## Settings",
        "Each can stand in the YAML file, be overridden by `--set section.key=value`, or by an environment variable "
        "(`TIDELAB_SECTION__KEY`). `tide run --plan` prints every value with where it came from.",
        _table(("setting", "type", "default", "meaning"), settings(Experiment, "")),
    ]
    parts.append("## Record fields")
    for record in RECORDS:
        rows = [(f"`{name}`", _type(field), field.description or "") for name, field in record.model_fields.items()]
        parts += [f"### {record.__name__}", (record.__doc__ or "").strip(), _table(("field", "type", "meaning"), rows)]
    return "\n\n".join(parts) + "\n"


def verbs(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, command) of every verb, groups opened."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    else:
        for name in inner:
            yield from verbs(inner[name], (*path, name))


def settings(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, ...]]:
    """One row for each leaf setting of a section and of those inside it."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if name == "students":
            yield f"`{name}`", "list", "", field.description or ""
            yield from settings(inner.__args__[0], "students.N.")  # type: ignore[union-attr]
        elif isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{prefix}{name}.")
        else:
            default = "" if field.is_required() else f"`{field.default}`"
            yield f"`{prefix}{name}`", _type(field), default, field.description or ""


def _verb(path: tuple[str, ...], command: Any) -> str:
    rows = [
        ("`" + "`, `".join(p.opts if p.param_type_name == "option" else [p.name.upper()]) + "`", getattr(p, "help", "") or "")
        for p in command.params
    ]
    return f"### tide {' '.join(path)}\n\n{command.help}\n\n{_table(('option', 'meaning'), rows)}\n\n{command.epilog}"


def _type(field: FieldInfo) -> str:
    text = str(field.annotation) if not isinstance(field.annotation, type) else field.annotation.__name__
    return "`" + text.replace("typing.", "").replace("Literal", "").replace("|", "or").replace("NoneType", "None") + "`"


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [
        " | ".join(head),
        " | ".join("---" for _ in head),
        *(" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows),
    ]
    return "\n".join(f"| {line} |" for line in lines)


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if PAGE.read_text("utf-8") == page() else "docs/reference.md is behind: run python tools/make_reference.py")
    PAGE.write_text(page(), "utf-8")
