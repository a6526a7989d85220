"""The corpus room's cells: read (or compose) conversations, check them, split them by persona."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from tidelab.corpus import approved, checks, everyday, personas, rehearsal, sample, scenarios, source
from tidelab.corpus.formats import Import
from tidelab.corpus.split import split
from tidelab.corpus.teachers.cell import WRITE, cell, needs_teacher
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.records import Conversation, Flag, Persona, Quarantined, Scenario, frame, records, row
from tidelab.run import Cell, Work, fingerprint

READ, CHECK, SPLIT = "corpus/read", "corpus/check", "corpus/split"
_PERSONAS_PER_BATCH = 50


def cells(experiment: Experiment) -> list[Cell]:
    """`corpus/read`, `corpus/check`, `corpus/review` where asked for, `corpus/split`. TidelabError if `corpus.source` names no data set."""
    grammar = fingerprint.of_files(Path(str(resources.files("tidelab.corpus") / "data")))
    drawn = {"seed": experiment.seed, "everyday": experiment.nano.pretrain_rows, "grammar": grammar}
    rules = [(check.name, check.version) for check in checks.checks()]
    written = _written(experiment)
    return [
        *written,
        Cell(READ, {**_origin(experiment), **drawn}, partial(_read, experiment), needs=tuple(c.name for c in written)),
        Cell(CHECK, {"checks": rules}, _check, needs=(READ,)),
        *approved.cells(experiment),
        Cell(SPLIT, {"seed": experiment.seed}, partial(_split, experiment.seed), needs=(READ, approved.last_cell(experiment))),
    ]


def _written(experiment: Experiment) -> list[Cell]:
    """The cell in which a teacher writes, where one does."""
    corpus = experiment.corpus
    if corpus.source != "teacher":
        return []
    return [cell(needs_teacher(corpus.teacher), corpus.personas, corpus.per_persona, experiment.seed, experiment.calls)]


def _origin(experiment: Experiment) -> dict[str, Any]:
    """What decides the conversations, apart from the seed."""
    corpus = experiment.corpus
    parts = source.OWN.get(corpus.source)
    if parts is None:
        return {"import": source.identity(corpus.source)}
    decides: dict[str, Any] = {"source": corpus.source}
    if "sample" in parts:
        told = json.dumps([[row(record) for record in table] for table in sample.load()], sort_keys=True)
        decides["sample"] = hashlib.sha256(told.encode()).hexdigest()[:32]
    if "rehearsal" in parts:
        decides["rehearsal"] = {"grammar": rehearsal.GRAMMAR, "personas": corpus.personas, "per_persona": corpus.per_persona}
    return decides


def _read(experiment: Experiment, work: Work) -> None:
    """Tables personas, scenarios, conversations, quarantine, and everyday (`person`, `chatbot`) for nano students."""
    import polars as pl

    parts = source.OWN.get(experiment.corpus.source)
    if parts is None:
        found = source.read(experiment.corpus.source)
    else:
        found = Import([], [], [], [], [])
        if "sample" in parts:
            found = _joined(found, *sample.load())
        if "rehearsal" in parts:
            found = _joined(found, *_rehearse(experiment, work))
        if "teacher" in parts:
            found = _taught(work)
    work.write("personas", frame(Persona, found.personas).sort("persona_id"))
    work.write("scenarios", frame(Scenario, found.scenarios).sort("scenario_id"))
    work.write("conversations", frame(Conversation, found.conversations).sort("conversation_id"))
    work.write("quarantine", frame(Quarantined, found.quarantined))
    pairs = everyday.everyday(experiment.nano.pretrain_rows, experiment.seed)
    work.write("everyday", pl.DataFrame(pairs, schema={"person": pl.String, "chatbot": pl.String}, orient="row"))
    work.note(warnings=found.warnings, seed=experiment.seed, conversations=len(found.conversations), quarantined=len(found.quarantined))


def _joined(found: Import, people: list[Persona], situations: list[Scenario], conversations: list[Conversation]) -> Import:
    """Scenarios of both parts may be the same; the first stays."""
    by_id = {s.scenario_id: s for s in [*situations, *found.scenarios]}
    return Import([*found.personas, *people], list(by_id.values()), [*found.conversations, *conversations], [], [])


def _taught(work: Work) -> Import:
    """What the teacher wrote, and what of it went to quarantine."""
    return Import(
        records(Persona, work.read(WRITE, "personas")),
        records(Scenario, work.read(WRITE, "scenarios")),
        records(Conversation, work.read(WRITE, "conversations")),
        records(Quarantined, work.read(WRITE, "quarantine")),
        work.done(WRITE)["notes"].get("warnings", []),
    )


def _rehearse(experiment: Experiment, work: Work) -> tuple[list[Persona], list[Scenario], list[Conversation]]:
    corpus, seed = experiment.corpus, experiment.seed
    people = personas.sample(corpus.personas, seed)

    def write(some: list[Persona]) -> list[dict[str, Any]]:
        return [
            {"scenario": row(scenario), "conversation": row(rehearsal.write(persona, scenario, seed))}
            for persona in some
            for scenario in scenarios.choose(persona, corpus.per_persona, seed)
        ]

    rows = work.batches(people, _PERSONAS_PER_BATCH, write)
    situations = {r["scenario"]["scenario_id"]: r["scenario"] for r in rows}
    return (
        people,
        records(Scenario, frame(Scenario, situations.values())),
        records(Conversation, frame(Conversation, [r["conversation"] for r in rows])),
    )


def _check(work: Work) -> None:
    """Tables conversations (what is used), quarantine (everything left out so far) and flags."""
    people = {p.persona_id: p for p in records(Persona, work.read(READ, "personas"))}
    kept, quarantined, flags = checks.apply(records(Conversation, work.read(READ, "conversations")), people)
    if not kept:
        raise TidelabError(
            f"no conversation passes the checks; the first fails `{quarantined[0].stage}`: {quarantined[0].reason}",
            where=quarantined[0].where or quarantined[0].conversation_id,
            mend="mend the data set; what each check wants stands in docs/checks",
        )
    before = records(Quarantined, work.read(READ, "quarantine"))
    work.write("conversations", frame(Conversation, kept))
    work.write("quarantine", frame(Quarantined, [*before, *quarantined]))
    work.write("flags", frame(Flag, flags))
    counts = {check.name: sum(f.check == check.name for f in flags) for check in checks.checks() if check.severity == "warning"}
    work.note(conversations=len(kept), quarantined=len(before) + len(quarantined), flags=counts)


def _split(seed: int, work: Work) -> None:
    """Tables personas and scenarios (those in use) and conversations with their split, by conversation_id."""
    people = records(Persona, work.read(READ, "personas"))
    situations = records(Scenario, work.read(READ, "scenarios"))
    conversations = records(Conversation, work.read(work.cell.needs[-1], "conversations"))
    assigned = split(people, conversations, seed)
    used = {c.scenario_id for c in conversations}
    work.write("personas", frame(Persona, [p for p in people if p.persona_id in assigned]))
    work.write("scenarios", frame(Scenario, [s for s in situations if s.scenario_id in used]))
    placed = [c.model_copy(update={"split": assigned[c.persona_id]}) for c in conversations]
    work.write("conversations", frame(Conversation, placed))
    counts: dict[str, dict[str, int]] = {}
    for persona, origin in sorted({(c.persona_id, c.source) for c in conversations}):
        of = counts.setdefault(origin, {"train": 0, "validation": 0, "test": 0})
        of[assigned[persona]] += 1
    work.note(seed=seed, personas=counts)
