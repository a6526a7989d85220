"""What a run's tables hold for questions and claims, and why they may decide nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tidelab.analysis.claims import Data
from tidelab.errors import TidelabError

if TYPE_CHECKING:
    import polars as pl

    from tidelab.analysis.ratings import Ratings


def data(directory: Path, ratings: Ratings | None = None) -> Data:
    """Scores (its judges' too), conversations and students of a finished run, and ratings with the kinds of its replies.

    Raises TidelabError where scores are missing.
    """
    import polars as pl

    from tidelab import settings
    from tidelab.analysis.kinds import with_kinds
    from tidelab.run.directory import RunDirectory

    run = RunDirectory(directory)
    experiment = settings.resolve(str(directory / "experiment.yaml"), []).experiment
    cells = [cell for s in experiment.systems() for cell in experiment.scores_of(s)]
    missing = [c for c in [*cells, "corpus/split", "students/roster"] if not run.done(c)]
    if missing:
        raise TidelabError(
            f"{len(missing)} parts of the run are not there yet, {missing[0]} first", where=str(directory), mend="finish it: tide run"
        )
    scores = pl.concat(pl.read_parquet(run.cell_dir(c) / "scores.parquet") for c in cells)
    conversations = with_scenarios(
        *(pl.read_parquet(run.cell_dir("corpus/split") / f"{n}.parquet") for n in ("conversations", "scenarios"))
    )
    table = ratings.table if ratings else None
    ours = {s.system_id for s in experiment.systems()}
    if table is not None and set(table["system_id"]) & {"reference", *ours}:
        replies = pl.concat(pl.read_parquet(run.cell_dir(f"replies/{s.system_id}") / "replies.parquet") for s in experiment.systems())
        table = with_kinds(table, pl.read_parquet(run.cell_dir("corpus/split") / "conversations.parquet"), replies)
    roster = pl.read_parquet(run.cell_dir("students/roster") / "students.parquet")
    tested = conversations.join(scores.select("conversation_id").unique(), on="conversation_id", how="semi")
    curves = run.cell_dir("analysis/learning_curves") / "curves.parquet"
    return Data(
        curves=pl.read_parquet(curves) if run.done("analysis/learning_curves") else None,
        ratings=table,
        elsewhere=table is not None and elsewhere(table, ours, conversations),
        scores=scores,
        conversations=conversations,
        students=[s.name for s in experiment.students],
        unreal=unreal(tested, roster),
        seed=experiment.seed,
        resamples=experiment.analysis.resamples,
    )


def elsewhere(ratings: pl.DataFrame, systems: set[str], conversations: pl.DataFrame) -> bool:
    """Whether ratings have nothing to do with a run: no system of it was rated, nor a reply to a conversation of it."""
    return not (set(ratings["system_id"]) & systems or set(ratings["conversation_id"]) & set(conversations["conversation_id"]))


def with_scenarios(conversations: pl.DataFrame, scenarios: pl.DataFrame) -> pl.DataFrame:
    """conversation_id, persona_id, source, theme, risk, and the scenario's emotion (empty where an import has none)."""
    import polars as pl

    emotions = scenarios.select("scenario_id", "emotion").unique("scenario_id")
    known = conversations.select("conversation_id", "persona_id", "source", "theme", "risk", "scenario_id")
    return (
        known.join(emotions, on="scenario_id", how="left", maintain_order="left")
        .with_columns(pl.col("emotion").fill_null(""))
        .drop("scenario_id")
    )


def unreal(conversations: pl.DataFrame, roster: pl.DataFrame) -> str:
    """Why scores and ratings of these conversations and students can't decide a claim; empty where they can."""
    sources = sorted(set(conversations["source"]) & {"rehearsal", "sample"})
    nano = sorted(roster.filter(roster["nano"])["student"])
    reasons = [f"{' and '.join(sources)} conversations are no data of the paper's kind"] if sources else []
    if nano:
        reasons.append(f"{', '.join(nano)}: nano students stand for no real model")
    return "; ".join(reasons)
