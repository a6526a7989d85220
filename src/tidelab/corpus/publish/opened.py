"""A corpus opened for publishing: a run's, the sample, or any data set that tidelab reads."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidelab import __version__
from tidelab.corpus import checks, source, stage
from tidelab.corpus.approved import REVIEW
from tidelab.corpus.opened import opened as any_corpus
from tidelab.corpus.teachers.cell import WRITE
from tidelab.errors import TidelabError
from tidelab.records import Conversation, Flag, Persona, Quarantined, Scenario, records
from tidelab.run import RunDirectory

_OWN = {
    "file",
    "line",
    "row",
    "key",
    "metadata",
    "columns",
    "variant",
    "tries",
    "review",
}  # of one row only; reviews: see `review`
_MOST_ORIGINS = 20  # a fact with more values than these is one of single rows


@dataclass(frozen=True)
class Corpus:
    """What passes the checks, by id, and what was left out and flagged."""

    personas: dict[str, Persona]
    scenarios: dict[str, Scenario]
    conversations: list[Conversation]
    quarantined: list[Quarantined]
    flags: list[Flag]
    warnings: list[str] = field(default_factory=list)
    seed: int | None = None
    identity: dict[str, Any] = field(default_factory=dict)

    def checks(self) -> dict[str, Any]:
        """What the checks said, in counts."""
        return {
            "checks": {check.name: {"outcome": check.severity, "version": check.version} for check in checks.checks()},
            "published": len(self.conversations),
            "left_out": dict(sorted(Counter(q.stage for q in self.quarantined).items())),
            "flagged": dict(sorted(Counter(f.check for f in self.flags).items())),
        }

    def review(self) -> dict[str, Any] | None:
        """How many rows reviewers approved, by whom, and how many they revised; None where no review is on record."""
        reviews = [c.provenance["review"] for c in self.conversations if isinstance(c.provenance.get("review"), dict)]
        if not reviews:
            return None
        by = Counter(str(review.get("by")) for review in reviews)
        return {"approved": len(reviews), "by": dict(sorted(by.items())), "revised": sum(bool(review.get("revised")) for review in reviews)}

    def provenance(self, form: str) -> dict[str, Any]:
        """Who wrote it, with what, in which numbers."""
        origins = _origins(self.conversations)
        return {
            "tidelab": __version__,
            "format": form,
            "conversations": len(self.conversations),
            "personas": len({c.persona_id for c in self.conversations}),
            "splits": dict(sorted(Counter(c.split or "none" for c in self.conversations).items())),
            "licences": dict(sorted(Counter(c.licence for c in self.conversations).items())),
            "left_out": len(self.quarantined),
            "review": self.review(),
            "seed": self.seed,
            "identity": self.identity,
            "written_by": [{"conversations": n, **json.loads(origin)} for origin, n in sorted(origins.items())],
        }


def opened(name: str) -> Corpus:
    """`sample`, a run directory, or whatever `corpus.source` reads. TidelabError where it is none, or the run has no corpus yet."""
    if name in source.OWN and name != "sample":
        mend = f"run `tide run quick --set corpus.source={name} --out DIR` and export DIR"
        raise TidelabError(f"`{name}` is composed within a run", where="SOURCE", mend=mend)
    written: dict[str, Any] = {}
    if (Path(name).expanduser() / "run.json").is_file():
        run = RunDirectory(Path(name).expanduser())
        written = run.done(WRITE) or {}
        if not written or run.done(stage.READ):
            return _of_run(run)
    found = any_corpus(name)
    identity = {"name": name} if name == "sample" else {WRITE: written["fingerprint"]} if written else source.identity(name)
    return _checked(found.personas, found.scenarios, found.conversations, found.quarantined, found.warnings, identity)


def _checked(
    people: list[Persona],
    situations: list[Scenario],
    conversations: list[Conversation],
    unread: list[Quarantined],
    warnings: list[str],
    identity: dict[str, Any],
) -> Corpus:
    by_id = {p.persona_id: p for p in people}
    kept, quarantined, flags = checks.apply(conversations, by_id)
    if not kept:
        raise TidelabError("no conversation passes the checks", where="SOURCE", mend="see why with `tide corpus check SOURCE`")
    return Corpus(by_id, {s.scenario_id: s for s in situations}, kept, [*unread, *quarantined], flags, warnings, identity=identity)


def _of_run(run: RunDirectory) -> Corpus:
    import polars as pl

    done = {cell: run.done(cell) for cell in (stage.READ, stage.CHECK, stage.SPLIT)}
    if None in done.values():
        mend = "finish it with the `tide run` that made it"
        raise TidelabError("the run has no complete corpus yet", where=str(run.path), mend=mend)

    def table(cell: str, name: str) -> pl.DataFrame:
        return pl.read_parquet(run.cell_dir(cell) / f"{name}.parquet")

    conversations = records(Conversation, table(stage.SPLIT, "conversations"))
    quarantined = records(Quarantined, table(stage.CHECK, "quarantine"))
    if any("review" in c.provenance for c in conversations) and (reviewed := run.done(REVIEW)):
        done[REVIEW] = reviewed
        quarantined += records(Quarantined, table(REVIEW, "quarantine"))
    return Corpus(
        {p.persona_id: p for p in records(Persona, table(stage.SPLIT, "personas"))},
        {s.scenario_id: s for s in records(Scenario, table(stage.SPLIT, "scenarios"))},
        conversations,
        quarantined,
        records(Flag, table(stage.CHECK, "flags")),
        list((done[stage.READ] or {}).get("notes", {}).get("warnings", [])),
        seed=run.info().get("seed"),
        identity={cell: (facts or {}).get("fingerprint", "") for cell, facts in done.items()},
    )


def _origins(conversations: list[Conversation]) -> Counter[str]:
    """Rows by origin, as JSON: what many rows of `provenance` share, so not their place, nor facts that differ from row to row."""
    values: dict[str, set[str]] = {}
    rows = [{"source": c.source, "licence": c.licence} | {k: v for k, v in c.provenance.items() if k not in _OWN} for c in conversations]
    for row in rows:
        for key, value in row.items():
            values.setdefault(key, set()).add(json.dumps(value, sort_keys=True))
    shared = {key for key, different in values.items() if len(different) <= _MOST_ORIGINS}
    told = ({k: v for k, v in row.items() if k in shared or k in ("source", "licence")} for row in rows)
    return Counter(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in told)
