"""`tide report`: the page of a run, its other forms, and two runs compared."""

from __future__ import annotations

import json as json_module
import sys
from contextlib import nullcontext, redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.stages import JSON, LIMIT, until
from tidelab.errors import TidelabError

EPILOG = "Examples:  tide report --run runs/quick   |   tide report --run runs/quick --format tex   |   tide report --compare runs/a runs/b"


class Form(StrEnum):
    """In which form a report is written."""

    html = "html"
    md = "md"
    tex = "tex"
    pdf = "pdf"
    explore = "explore"


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=EPILOG)(report)


def report(
    run: Annotated[Path | None, typer.Option("--run", metavar="DIR", help="run directory of an earlier `tide run`")] = None,
    form: Annotated[
        Form,
        typer.Option("--format", help="also as Markdown, LaTeX with BibTeX, PDF through Chromium, or every reply to explore"),
    ] = Form.html,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", metavar="RUN RUN", help="what differs between two runs, in set-up and result"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="with --compare: where to, as .md or .html")] = None,
    limit: Annotated[int | None, LIMIT] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write the report page, tables and figures, and whatever comes before that and is missing; or compare two runs."""
    if compare:
        _compare(*compare, out, json)
        return
    if run is None:
        raise TidelabError("no run is named", where="tide report", mend="give --run DIR, or --compare RUN RUN")
    code = 0
    try:
        with redirect_stdout(sys.stderr) if json and form is not Form.html else nullcontext():  # one JSON object on stdout
            until("report", run, limit, json)
    except typer.Exit as ended:
        code = ended.exit_code
    if form is not Form.html:
        _write(run, form, json)
    raise typer.Exit(code)


def _write(directory: Path, form: Form, json: bool) -> None:
    from tidelab.report import forms
    from tidelab.run.directory import RunDirectory
    from tidelab.settings import resolve

    paths = forms.write(RunDirectory(directory), resolve(str(directory / "experiment.yaml"), []).experiment, form.value)
    print(json_module.dumps({"files": [str(p) for p in paths]}) if json else "\n".join(map(str, paths)))


def _compare(one: Path, other: Path, out: Path | None, json: bool) -> None:
    from tidelab.report import compare
    from tidelab.report.compare_page import html, markdown
    from tidelab.run import atomic

    if out and out.suffix not in (".md", ".html"):
        raise TidelabError(f"{out.name} names no form", where="--out", mend="end it in .md or .html")
    found = compare.compare(compare.read(one), compare.read(other))
    if out:
        atomic.write_text(out, html(found) if out.suffix == ".html" else markdown(found))
    if json:
        sheets = {s.name: [dict(zip(s.columns, [c.plain for c in row], strict=True)) for row in s.rows] for s in found.sheets}
        print(json_module.dumps({"said": found.said, **sheets}, ensure_ascii=False))
    else:
        print(str(out) if out else markdown(found))
