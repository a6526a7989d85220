"""All questions that a ratings table alone can answer, in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidelab.analysis.ratings import Ratings
from tidelab.analysis.result import Answer

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Asked:
    """How the questions are asked; margins and rules are to be fixed before the data are seen (`preregistration`)."""

    scale: tuple[float, float] = (1, 5)
    confidence: float = 0.95
    resamples: int = 10_000
    seed: int = 7
    reference: str = ""  # system that others are held against; empty: question 6 is not asked
    margin: float = 0.5  # rating points
    rules: Sequence[str] = ()  # exclusions, see `sensitivity.RULES`
    k: int = 5  # fewest people of a group that is shown
    factors: Sequence[str] = ()  # empty: all


def ask(ratings: Ratings, how: Asked, scores: pl.DataFrame | None = None) -> Iterator[Answer]:
    """One answer after the other, so that a caller can show each when it is there. scores: records.Score rows, for question 8."""
    import polars as pl

    from tidelab.analysis.metrics_people import metrics_people
    from tidelab.analysis.near import near_in_ratings
    from tidelab.analysis.people_agree import people_agree
    from tidelab.analysis.preferences import preferences
    from tidelab.analysis.sensitivity import sensitivity
    from tidelab.analysis.systems import systems

    table = ratings.table
    if how.factors:
        table = table.filter(pl.col("factor").is_in(list(how.factors)))
    whole = (int(how.scale[0]), int(how.scale[1]))
    yield people_agree(table, scale=whole, resamples=how.resamples, seed=how.seed)
    main = systems(table, confidence=how.confidence)
    yield main
    if how.reference:
        yield near_in_ratings(table, how.reference, margin=how.margin, level=1 - how.confidence)
    yield preferences(table, margin=how.margin, k=how.k, confidence=how.confidence)
    if scores is not None:
        yield metrics_people(table, scores, resamples=how.resamples, confidence=how.confidence, seed=how.seed)
    if how.rules:
        yield sensitivity(table, how.rules, confidence=how.confidence, main=main)
