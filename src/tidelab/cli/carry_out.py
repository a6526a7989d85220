"""Runs an experiment's cells in a directory and says what came of it. Behind `run`, `score`, `analyse`, `report`."""

from __future__ import annotations

import json as json_module
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tidelab import settings, stages
from tidelab.cli.watch import Bars, watcher
from tidelab.experiment import Experiment
from tidelab.run import atomic, machine
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Executor, Local, run_cells
from tidelab.run.processes import Processes, cores

INCOMPLETE = 3


def carry_out(
    experiment: Experiment,
    directory: Path,
    *,
    until: str = "report",
    only: Sequence[str] = (),
    json: bool = False,
    silent: bool = False,
) -> int:
    """Returns the exit code: 0, or 3 where more rows than allowed are unscored or quarantined.

    `only` keeps the cells of the named stages; `silent` shows nothing, for a caller that tells the result in its own way.
    """
    experiment = experiment.located()
    stages.check(experiment, directory)
    run = RunDirectory(directory, create=True)
    watch = watcher(json or silent)
    with run.locked():
        cells = [cell for cell in stages.cells(experiment, until) if not only or cell.stage in only]
        atomic.write_text(run.path / "experiment.yaml", settings.dump(experiment))
        run.describe(**machine.facts(), seed=experiment.seed, command=_command(), started=_now())
        try:
            ran = run_cells(run, cells, watch, _executor(experiment, until))
        finally:
            if isinstance(watch, Bars):
                watch.close()
        run.describe(finished=_now())
    incomplete = stages.incomplete(run, cells) if until in ("scoring", "analysis", "report") else {}
    over = {what: c for what, c in incomplete.items() if c[0] > experiment.limits.unscored_share * max(c[1], 1)}
    page = run.path / "report" / "index.html" if until == "report" else None
    result: dict[str, Any] = {
        "run": str(run.path),
        "cells": len(cells),
        "ran": ran,
        "incomplete": incomplete,
        "report": str(page) if page else None,
    }
    if json:
        print(json_module.dumps(result))
    elif not silent:
        _tell(run, cells, ran, incomplete, page)
    for what, (rows, of) in over.items():
        print(
            f"tide: {rows} of {of} {what}: more than limits.unscored_share = {experiment.limits.unscored_share:g}; see the report",
            file=sys.stderr,
        )
    return INCOMPLETE if over else 0


def _executor(experiment: Experiment, until: str) -> Executor:
    if experiment.executor == "local":
        return Local()
    return Processes(experiment.workers or cores(), partial(stages.cells, experiment, until))


def _tell(run: RunDirectory, cells: list[Any], ran: list[str], incomplete: dict[str, tuple[int, int]], page: Path | None) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    warnings = [w for cell in cells for w in (run.done(cell.name) or {}).get("notes", {}).get("warnings", [])]
    for warning in warnings:
        console.print(f"[yellow]warning[/yellow] {escape(str(warning))}")
    if page:
        from tidelab.report.headline import headline

        console.print(headline(run))
    console.print(
        f"{len(ran)} cells run, {len(cells) - len(ran)} already done; "
        + ", ".join(f"{n} of {of} {what}" for what, (n, of) in incomplete.items())
    )
    if page:
        console.print(f"report: {page}", soft_wrap=True)


def _command() -> str:
    return shlex.join(["tide", *sys.argv[1:]])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
