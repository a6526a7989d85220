"""Runs whole studies for tests, in this process, so that the heavy libraries are loaded once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
from typer.testing import CliRunner

from tidelab.cli import app

TINY = Path(__file__).parent / "fixtures" / "tiny.yaml"


def tide(*arguments: str) -> tuple[int, str]:
    """(exit code, standard output) of a verb. A bug's exception goes through."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def run_study(out: Path, *sets: str) -> dict[str, Any]:
    """The tiny study with overrides; its JSON result and exit code."""
    code, output = tide("run", str(TINY), "--out", str(out), "--json", *(argument for s in sets for argument in ("--set", s)))
    return json.loads(output.splitlines()[-1]) | {"exit": code}


def table(run: Path, cell: str, name: str) -> pl.DataFrame:
    return pl.read_parquet(run.joinpath(*cell.replace(":", "%3A").split("/"), f"{name}.parquet"))
