"""Training fractions: the persons of whom a student learns when it gets less than all; of two fractions the smaller lies in the larger."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def subset(train: pl.DataFrame, fraction: str, seed: int) -> pl.DataFrame:
    """The conversations of a fraction (`1/4`) of each source's personas, at least one, in their order.

    Personas stand in an order that the seed decides, whatever other personas there are, and the first are taken: so subsets of one
    seed are nested. train: conversation_id, persona_id, source.
    """
    import polars as pl

    share = Fraction(fraction)
    if share == 1:
        return train
    taken: list[tuple[str, str]] = []
    for source, people in sorted(train.group_by("source").agg(pl.col("persona_id").unique()).iter_rows()):
        order = sorted(people, key=lambda persona: (hashlib.sha256(f"{seed}/{persona}".encode()).hexdigest(), persona))
        taken += [(source, persona) for persona in order[: max(1, round(share * len(order)))]]
    chosen = pl.DataFrame(taken, schema={"source": train.schema["source"], "persona_id": train.schema["persona_id"]}, orient="row")
    return train.join(chosen, on=["source", "persona_id"], how="semi", maintain_order="left")
