"""Two runs side by side: what differs in their set-up, and in their results, paired where both scored the same conversation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidelab.errors import TidelabError
from tidelab.report.names import headline_metrics, metric_note
from tidelab.report.numbers import count, digits, interval, many
from tidelab.report.sheet import Cell, Sheet, number

if TYPE_CHECKING:
    import polars as pl

RESAMPLES = 10_000
Means = list[dict[tuple[str, str, str], float]]
"""For each run: (source, system_id, metric) -> mean."""


@dataclass(frozen=True)
class Run:
    """What is compared of one run."""

    path: Path
    settings: dict[str, Any]  # dotted name -> value
    info: dict[str, Any]
    conversations: pl.DataFrame
    scores: pl.DataFrame
    seed: int
    confidence: float


@dataclass(frozen=True)
class Comparison:
    """Sentences first, then the tables."""

    said: list[str]
    sheets: list[Sheet]


def read(directory: Path) -> Run:
    """A run that has scores. Raises TidelabError where it has none."""
    import polars as pl

    from tidelab import settings
    from tidelab.run.directory import RunDirectory

    run = RunDirectory(directory)
    experiment = settings.resolve(str(directory / "experiment.yaml"), []).experiment
    names = [name for s in experiment.systems() for name in experiment.scores_of(s)]
    done = [name for name in names if run.done(name)]
    if not done or not run.done("corpus/split"):
        raise TidelabError("the run has no scores to compare", where=str(directory), mend=f"finish it: tide report --run {directory}")
    return Run(
        path=directory,
        settings=dict(_flat(experiment.model_dump())),
        info=run.info(),
        conversations=pl.read_parquet(run.cell_dir("corpus/split") / "conversations.parquet"),
        scores=pl.concat(pl.read_parquet(run.cell_dir(name) / "scores.parquet") for name in done),
        seed=experiment.seed,
        confidence=experiment.analysis.confidence,
    )


def compare(one: Run, other: Run) -> Comparison:
    """Set-up, then results of the systems that both have."""
    both = _same_items(one, other)
    differing = setup(one, other)
    paired = results(one, other, both)
    tested = [r.scores["conversation_id"].n_unique() for r in (one, other)]
    shared = both.join(one.scores, on="conversation_id", how="semi").join(other.scores, on="conversation_id", how="semi").height
    said = [
        f"{many(len(differing.rows), 'setting or version', 'settings or versions')} of the set-up differ.",
        f"The first run scored {many(tested[0], 'conversation')}, the second {count(tested[1])}; {count(shared)} are the same in both, "
        "word for word. Results are paired on these; on others a difference between runs may be one between conversations.",
    ]
    for which, a, b in (("first", one, other), ("second", other, one)):
        if only := sorted(set(a.scores["system_id"]) - set(b.scores["system_id"])):
            said.append(f"Only the {which} run has {', '.join(only)}.")
    if apart := signed(one, other):
        said.append(f"Signatures of these metrics differ, so that their values are not comparable: {', '.join(apart)}.")
    return Comparison(said, [s for s in (differing, *paired) if s.rows])


def setup(one: Run, other: Run) -> Sheet:
    """Settings, packages and machine that are not the same."""
    facts = ("version", "git", "python", "packages", "hardware")
    told = [{**r.settings, **dict(_flat({fact: r.info.get(fact, "") for fact in facts}))} for r in (one, other)]
    names = [n for n in dict.fromkeys([*told[0], *told[1]]) if told[0].get(n) != told[1].get(n)]
    rows = [[Cell(n), *(Cell(str(t.get(n, "(not there)"))) for t in told)] for n in names]
    columns = ["Setting", f"First: {one.path}", f"Second: {other.path}"]
    return Sheet("setup", "What differs in the set-up", columns, rows, frozenset({0, 1, 2}))


def signed(one: Run, other: Run) -> list[str]:
    """Metrics that both runs have and compute differently."""
    known = [dict(r.scores.select("metric", "signature").unique().sort("signature").iter_rows()) for r in (one, other)]
    return sorted(m for m in known[0].keys() & known[1].keys() if known[0][m] != known[1][m])


def results(one: Run, other: Run, both: pl.DataFrame) -> list[Sheet]:
    """For each source: systems that both have, by headline metric: means, and the paired difference with its interval over personas."""
    import polars as pl

    metrics = headline_metrics(sorted(set(one.scores["metric"]) & set(other.scores["metric"])))
    systems = [s for s in one.scores["system_id"].unique(maintain_order=True) if s in set(other.scores["system_id"])]
    keys = ["conversation_id", "system_id", "metric"]
    frames = [r.scores.filter(pl.col("metric").is_in(metrics)).select(*keys, pl.col("value").fill_nan(None)) for r in (one, other)]
    pairs = frames[0].join(frames[1], on=keys, suffix="_other").join(both, on="conversation_id").drop_nulls(["value", "value_other"])
    means = [_means(frame, r.conversations) for frame, r in zip(frames, (one, other), strict=True)]
    sheets = []
    for source in sorted({key[0] for key in means[0]} & {key[0] for key in means[1]}):
        rows = [row for m in metrics for row in _rows(pairs, means, (source, m), systems, one)]
        heads = ["System", "Metric", "First", "Second", "Second minus first", "Pairs"]
        notes = ["Differences are taken over the pairs alone, so they need not equal the difference of the two means beside them."]
        sheets.append(Sheet(f"results-{source}", f"Results on {source} conversations", heads, rows, frozenset({0, 1}), notes))
    return sheets


def _rows(pairs: pl.DataFrame, means: Means, what: tuple[str, str], systems: list[str], one: Run) -> Iterator[list[Cell]]:
    import numpy as np
    import polars as pl

    from tidelab.analysis.bootstrap import intervals

    source, metric = what
    for system in systems:
        key = (source, system, metric)
        if key not in means[0] or key not in means[1]:
            continue
        here = pairs.filter(pl.col("source") == source, pl.col("metric") == metric, pl.col("system_id") == system).sort("conversation_id")
        values = [m[key] for m in means]
        decimals = digits(values)
        if here.height:
            personas = here["persona_id"].rank("dense").to_numpy().astype(np.int64) - 1
            difference = (here["value_other"] - here["value"]).to_numpy().reshape(-1, 1)
            (found,) = intervals(difference, personas, resamples=RESAMPLES, confidence=one.confidence, seed=f"{one.seed} compare")
            ends = interval(found.low, found.high, digits=decimals, sign=True) or f"no interval: {found.reason}"
            cell = number(found.mean, digits=decimals, sign=True, sub=ends)
        else:
            cell = Cell("no pair")
        shown = (number(v, digits=decimals) for v in values)
        yield [Cell(system), Cell(metric_note(metric).label), *shown, cell, Cell(count(here.height), key=float(here.height))]


def _means(scores: pl.DataFrame, conversations: pl.DataFrame) -> dict[tuple[str, str, str], float]:
    import polars as pl

    placed = scores.drop_nulls("value").join(conversations.select("conversation_id", "source"), on="conversation_id")
    rows = placed.group_by("source", "system_id", "metric").agg(pl.col("value").mean()).iter_rows()
    return {(source, system, metric): value for source, system, metric, value in rows}


def _same_items(one: Run, other: Run) -> pl.DataFrame:
    """conversation_id, source, persona_id of conversations that are the same in both, person and reference word for word."""
    keys = ["conversation_id", "person", "chatbot"]
    return one.conversations.join(other.conversations.select(keys), on=keys, how="semi").select("conversation_id", "source", "persona_id")


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
