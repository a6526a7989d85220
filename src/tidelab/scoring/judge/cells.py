"""Cells of the judge: `judges/JUDGE/levels` asks, `scores/SYSTEM/judge` is the panel's mean for each reply."""

from __future__ import annotations

import functools
import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from tidelab import agreement
from tidelab.engines import provider
from tidelab.engines.asking import Asking
from tidelab.errors import TidelabError
from tidelab.experiment import Calls
from tidelab.records import Score, frame
from tidelab.run.cells import Cell, Work
from tidelab.scoring.judge import rubric as rubrics
from tidelab.scoring.judge.verdict import Judgement

Rows = Callable[[Work], list[dict[str, Any]]]
"""The replies of a run: conversation_id, system_id, person, text (None: no reply), unscored_reason."""
LONGEST = 20_000  # characters of a text that a judge is shown
SCHEMA: dict[str, Any] = {
    "conversation_id": pl.String,
    "system_id": pl.String,
    "scale": pl.String,
    "level": pl.Int64,
    "spans": pl.List(pl.String),
    "strays": pl.Int64,
    "reason": pl.String,
    "tries": pl.Int64,
    "calls": pl.Int64,
    "model": pl.String,
}


def labels(names: Sequence[str]) -> dict[str, str]:
    """Judge as named by the user -> its part of a cell's name. TidelabError where a name is none, or two are one model."""
    made: dict[str, str] = {}
    for name in names:
        try:
            label = re.sub(r"[^A-Za-z0-9._-]", "_", provider.identity(name))
        except TidelabError as error:
            raise TidelabError(error.what, where="--judge", mend=error.mend) from None
        if label in made.values():
            mend = "name each judge once; several servers of one model are one judge"
            raise TidelabError(f"two judges are `{provider.identity(name)}`", where="--judge", mend=mend)
        made[name] = label
    return made


def cells(names: Sequence[str], systems: Sequence[str], needs: tuple[str, ...], rows: Rows, calls: Calls, examined: bool) -> list[Cell]:
    """For a panel of judges the cells that ask, and one for each system with the panel's scores.

    needs    -- the cells that `rows` reads
    examined -- the panel's cells also need `judges/JUDGE/examination`, and say in their signatures what it found
    """
    rubric, made = rubrics.load(), labels(names)
    asking = [
        Cell(
            f"judges/{label}/levels",
            {"judge": provider.identity(name), "rubric": rubric.sha, "max_tokens": calls.answer_tokens},
            functools.partial(_ask, name, rows, calls),
            needs=needs,
        )
        for name, label in made.items()
    ]
    fitness = tuple(f"judges/{label}/examination" for label in made.values()) if examined else ()
    panel = {"panel": [provider.identity(name) for name in names], "rubric": rubric.sha}
    return asking + [
        Cell(
            f"scores/{system}/judge",
            panel,
            functools.partial(_panel, system, made, rows, examined),
            needs=(*needs, *(cell.name for cell in asking), *fitness),
        )
        for system in systems
    ]


def ask(
    work: Work, name: str, calls: Calls, items: Sequence[Judgement], told: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row
) -> list[dict[str, Any]]:
    """Asks about all items in an order that says nothing of systems; rows in the items' order, facts into the cell's notes."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}

    def keep(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            found[row["conversation_id"], row["system_id"], row["scale"]] = row

    mixed = random.Random("judge").sample(list(items), len(items))
    if mixed:
        model: Asking[list[dict[str, Any]]] = Asking(name, work.run.path / "responses.db", calls, len(mixed), work.progress)
        work.note(**model.run(iter(mixed), keep))
    return [found[(*who, key)] for item in items for who in item.names for key in item.rubric.keys]


def judgements(rows: Sequence[dict[str, Any]]) -> Iterator[Judgement | dict[str, Any]]:
    """One item for all rows of the same words, whichever systems said them; a row that can't be judged is its own row, with the reason."""
    rubric = rubrics.load()
    same: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows:
        reason = _unfit(row)
        if reason:
            for key in rubric.keys:
                blank: dict[str, Any] = {"level": None, "spans": [], "strays": 0, "reason": reason, "tries": 0, "calls": 0, "model": ""}
                yield {"conversation_id": row["conversation_id"], "system_id": row["system_id"], "scale": key, **blank}
        else:
            same.setdefault((row["person"], row["text"]), []).append((row["conversation_id"], row["system_id"]))
    for (person, reply), names in same.items():
        yield Judgement(rubric, names, person, reply)


def _unfit(row: dict[str, Any]) -> str:
    if row["text"] is None:
        return row["unscored_reason"] or "no reply"
    if not row["text"].strip():
        return "empty reply: nothing to judge"
    longest = max(len(row["text"]), len(row["person"]))
    return f"a text has {longest:,} characters, more than the {LONGEST:,} that a judge is shown" if longest > LONGEST else ""


def _ask(name: str, rows: Rows, calls: Calls, work: Work) -> None:
    made = list(judgements(rows(work)))
    asked = ask(work, name, calls, [item for item in made if isinstance(item, Judgement)])
    table = pl.DataFrame([*asked, *(row for row in made if isinstance(row, dict))], schema=SCHEMA, orient="row")
    work.write("levels", table.sort("system_id", "conversation_id", maintain_order=True))
    work.note(rubric=rubrics.load().identity, unscored=table["level"].null_count(), strays=int(table["strays"].sum()))


def _panel(system: str, made: dict[str, str], rows: Rows, examined: bool, work: Work) -> None:
    """A reply's score on a scale is the mean of the judges that gave a level, where more than half of them did."""
    rubric = rubrics.load()
    mine = [row for row in rows(work) if row["system_id"] == system]
    tables = {name: work.read(f"judges/{label}/levels", "levels").filter(pl.col("system_id") == system) for name, label in made.items()}
    levels = {name: {(r["conversation_id"], r["scale"]): r for r in table.iter_rows(named=True)} for name, table in tables.items()}
    who = "+".join(provider.identity(name) for name in made)
    fit = "unexamined"
    if examined:
        unfit = [name for name, label in made.items() if not work.done(f"judges/{label}/examination")["notes"]["fit"]]
        fit = f"no({'+'.join(provider.identity(name) for name in unfit)})" if unfit else "yes"
        work.note(warnings=[f"{provider.identity(name)} is below the bar for judges: its figures are marked unfit" for name in unfit])
    scores: list[dict[str, Any]] = []
    for key in rubric.keys:
        for row in mine:
            place = (row["conversation_id"], key)
            given = [levels[name][place]["level"] for name in made if levels[name][place]["level"] is not None]
            enough = 2 * len(given) > len(made)
            reasons = "; ".join(dict.fromkeys(levels[name][place]["reason"] for name in made if levels[name][place]["reason"]))
            scores.append(
                {
                    "conversation_id": row["conversation_id"],
                    "system_id": system,
                    "metric": f"judge_{key}",
                    "value": sum(given) / len(given) if enough else math.nan,
                    "reason": "" if enough else reasons,
                    "signature": f"judge_{key}|panel:{who}|rubric:{rubric.identity}|fit:{fit}|v:1",
                }
            )
    work.write("scores", frame(Score, scores))
    given_by = {k: [[levels[name][row["conversation_id"], k]["level"] for name in made] for row in mine] for k in rubric.keys}
    work.note(agreement={key: _agreement(given) for key, given in given_by.items()} if len(made) > 1 else {})


def _agreement(given: list[list[int | None]]) -> dict[str, Any]:
    """Krippendorff's alpha (ordinal) of the judges' levels [replies, judges], with its 95% interval over replies."""
    found = agreement.alpha_interval(np.array(given, dtype=np.float64) - 1, len(rubrics.LEVELS), "ordinal", resamples=2_000)
    return {"alpha": found.value, "low": found.low, "high": found.high, "replies": found.items, "reason": found.reason}
