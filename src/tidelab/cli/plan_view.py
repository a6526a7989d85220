"""`tide run --plan` and `--show-prompts`: what would be done, before it is."""

from __future__ import annotations

import json as json_module
from pathlib import Path

from tidelab import stages
from tidelab.experiment import Experiment
from tidelab.run.directory import RunDirectory
from tidelab.run.fingerprint import fingerprints, in_order
from tidelab.settings import Resolved


def show(resolved: Resolved, directory: Path, *, json: bool) -> None:
    """Settings with origins, cells with their state, and what they took when they last ran in this directory."""
    cells = in_order(stages.cells(resolved.experiment))
    hashes = fingerprints(cells)
    run = RunDirectory(directory) if (directory / "run.json").exists() else None
    states = {cell.name: run.state(cell.name, hashes[cell.name]) if run else "missing" for cell in cells}
    estimate = estimated(resolved.experiment)
    if json:
        settings = [{"setting": s, "value": v, "origin": o} for s, v, o in resolved.rows()]
        plan = [{"cell": c.name, "state": states[c.name], "fingerprint": hashes[c.name], "needs": list(c.needs)} for c in cells]
        print(json_module.dumps({"run": str(directory), "settings": settings, "cells": plan, "estimate": estimate}, default=str))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table("setting", "value", "from", box=None, header_style="bold")
    for setting, value, origin in resolved.rows():
        table.add_row(setting, str(value), origin, style="dim" if origin == "default" else "")
    console.print(table)
    table = Table("cell", "state", box=None, header_style="bold")
    for cell in cells:
        table.add_row(cell.name, states[cell.name], style="dim" if states[cell.name] == "done" else "")
    console.print(table)
    todo = sum(state != "done" for state in states.values())
    console.print(f"{directory}: {todo} of {len(cells)} cells to run")
    console.print(", ".join(f"{what}: {value}" for what, value in estimate.items()))


def estimated(experiment: Experiment) -> dict[str, str]:
    """Rough counts. Only a teacher behind an API is paid for; all else runs on this machine."""
    from tidelab.corpus import sample, source

    parts = source.OWN.get(experiment.corpus.source)
    cost = {"cost": "0 (nothing leaves this machine)"}
    if parts is None:
        return {"conversations": f"as many as {experiment.corpus.source} holds"} | cost
    rehearsed = experiment.corpus.personas * experiment.corpus.per_persona if {"rehearsal", "teacher"} & set(parts) else 0
    if "teacher" in parts:
        cost = _paid(experiment, rehearsed)
    conversations = rehearsed + (len(sample.load()[2]) if "sample" in parts else 0)
    test = min(round(0.2 * conversations), len(parts) * (experiment.corpus.limit or conversations))
    asked = sum(system.kind == "student" for system in experiment.systems())
    return {
        "conversations": str(conversations),
        "replies": f"about {test * len(experiment.systems()):,}",
        "reply tokens": f"at most {test * asked * experiment.engine.max_new_tokens:,}",
    } | cost


def _paid(experiment: Experiment, conversations: int) -> dict[str, str]:
    from tidelab.corpus.teachers.cell import estimate, needs_teacher
    from tidelab.engines import facts, provider

    teacher = needs_teacher(experiment.corpus.teacher)
    expected = estimate(teacher, conversations, experiment.calls)
    told = "unknown" if expected["cost"] is None else f"about ${expected['cost']:,.2f}"
    return {
        "teacher tokens": f"about {expected['prompt_tokens']:,} asked, {expected['reply_tokens']:,} replied",
        "cost": f"{told} (price: {expected['price']})",
        "terms": facts.terms(provider.parse(teacher)[0])["says"],
    }


def show_prompts(experiment: Experiment, *, json: bool) -> None:
    """The messages that a student gets, for the first conversations of the sample corpus."""
    from tidelab.corpus import sample
    from tidelab.students.messages import ask

    shown = [list(ask(conversation.person)) for conversation in sample.load()[2][:2]]
    if json:
        print(json_module.dumps(shown, ensure_ascii=False))
        return
    for prompt in shown:
        for message in prompt:
            print(f"[{message['role']}]\n{message['content']}\n")
    print(f"Each goes through the student's own chat template, for: {', '.join(s.model for s in experiment.students)}")
