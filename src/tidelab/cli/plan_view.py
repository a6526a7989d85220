"""`tide run --plan` and `--show-prompts`: what would be done, before it is."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidelab import stages
from tidelab.experiment import Experiment
from tidelab.run.directory import RunDirectory
from tidelab.run.fingerprint import fingerprints, in_order
from tidelab.settings import Resolved

if TYPE_CHECKING:
    from tidelab.students.cost import Cost

TOKENS = 1.4
"""Tokens of a word, and what a template adds to a prompt: about those of the roster's tokenizers on English; unverified."""
FRAME = 15


def show(resolved: Resolved, directory: Path, *, json: bool) -> None:
    """Settings with origins, cells with their state, and what they took when they last ran in this directory."""
    cells = in_order(stages.cells(resolved.experiment))
    hashes = fingerprints(cells)
    run = RunDirectory(directory) if (directory / "run.json").exists() else None
    states = {cell.name: run.state(cell.name, hashes[cell.name]) if run else "missing" for cell in cells}
    estimate = estimated(resolved.experiment)
    spent = costs(resolved.experiment)
    todo = [cell.name for cell in cells if states[cell.name] != "done"]
    if spent:
        estimate |= _summed({name: spent[name] for name in todo if name in spent})
    if json:
        settings = [{"setting": s, "value": v, "origin": o} for s, v, o in resolved.rows()]
        plan: list[dict[str, Any]] = [
            {"cell": c.name, "state": states[c.name], "fingerprint": hashes[c.name], "needs": list(c.needs)} for c in cells
        ]
        for row in plan:
            if cost := spent.get(row["cell"]):
                row |= {"seconds": cost.seconds, "memory": cost.memory}
        print(json_module.dumps({"run": str(directory), "settings": settings, "cells": plan, "estimate": estimate}, default=str))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table("setting", "value", "from", box=None, header_style="bold")
    for setting, value, origin in resolved.rows():
        table.add_row(setting, str(value), origin, style="dim" if origin == "default" else "")
    console.print(table)
    table = Table("cell", "state", "hours", "GiB", box=None, header_style="bold")
    for cell in cells:
        cost = spent.get(cell.name)
        told = (f"{cost.seconds / 3600:,.2f}", f"{cost.memory / 2**30:,.1f}") if cost else ("", "")
        table.add_row(cell.name, states[cell.name], *told, style="dim" if states[cell.name] == "done" else "")
    console.print(table)
    console.print(f"{directory}: {len(todo)} of {len(cells)} cells to run")
    console.print(", ".join(f"{what}: {value}" for what, value in estimate.items()))


def costs(experiment: Experiment) -> dict[str, Cost]:
    """Hours and memory of the students' cells on this machine; empty where nobody can say how many conversations there will be.

    Empty too for nano students alone: they take minutes, and counting them would load torch.
    """
    from tidelab.corpus import sample, source
    from tidelab.students.nano import is_nano

    if all(is_nano(s.model) for s in experiment.students):
        return {}
    from tidelab.students.cost import Words, costs, measured
    from tidelab.students.messages import system_prompt

    if source.OWN.get(experiment.corpus.source) is None:
        return {}
    conversations, tested = _counts(experiment)
    texts = sample.load()[2]
    said = sum(len(c.person.split()) for c in texts) / len(texts)
    replied = sum(len(c.chatbot.split()) for c in texts) / len(texts)
    words = Words(TOKENS * (said + len(system_prompt().split())) + FRAME, TOKENS * replied)
    return costs(experiment, conversations, tested, words, measured())


def _summed(costs: dict[str, Cost]) -> dict[str, str]:
    from tidelab.students.cost import measured

    machine = measured()
    return {
        "students' cells, one after the other": f"about {sum(c.seconds for c in costs.values()) / 3600:,.1f} hours on this machine "
        f"({machine.name}, {machine.operations / 1e12:,.2g} TFLOP/s and {machine.bandwidth / 1e9:,.0f} GB/s measured now, "
        "of which a part is expected, see docs/students.md)",
        "memory": f"{max((c.memory for c in costs.values()), default=0) / 2**30:,.1f} GiB for the largest of them",
    }


def _counts(experiment: Experiment) -> tuple[int, int]:
    """Conversations of the corpus, and how many of them test, where tidelab makes the corpus itself."""
    from tidelab.corpus import sample, source

    parts = source.OWN[experiment.corpus.source]
    rehearsed = experiment.corpus.personas * experiment.corpus.per_persona if {"rehearsal", "teacher"} & set(parts) else 0
    conversations = rehearsed + (len(sample.load()[2]) if "sample" in parts else 0)
    return conversations, min(round(0.2 * conversations), len(parts) * (experiment.corpus.limit or conversations))


def estimated(experiment: Experiment) -> dict[str, str]:
    """Rough counts. Only a teacher behind an API is paid for; all else runs on this machine."""
    from tidelab.corpus import source

    parts = source.OWN.get(experiment.corpus.source)
    cost = {"cost": "0 (nothing leaves this machine)"}
    if parts is None:
        return {"conversations": f"as many as {experiment.corpus.source} holds"} | cost
    if "teacher" in parts:
        cost = _paid(experiment, experiment.corpus.personas * experiment.corpus.per_persona)
    conversations, test = _counts(experiment)
    systems = [*experiment.systems(), *experiment.curve_systems()]
    asked = sum(system.kind == "student" for system in systems)
    return {
        "conversations": str(conversations),
        "replies": f"about {test * len(systems):,}",
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
