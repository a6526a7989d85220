"""Planted against recovered: whether the planned analysis finds in simulated ratings what was put there."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tidelab.study.assign import Showing
from tidelab.study.minds import GRADUATES, OLDER, World
from tidelab.study.planned import of_ratings

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Recovered:
    """One planted effect."""

    effect: str
    planted: float
    recovered: float
    low: float
    high: float
    covered: bool
    """Whether the 95% interval holds what was planted. Ratings end at 1 and 5, which draws large effects a little towards zero."""

    def row(self) -> dict[str, Any]:
        """As JSON values, null for what could not be had."""
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(self).items()}


def recover(ratings: pl.DataFrame, participants: pl.DataFrame, world: World, factor: str) -> list[Recovered]:
    """Each system against the first, older people x validation first, graduates x layered replies; on one factor.

    Sessions with a failed attention check are left out, as the plan says.
    """
    import numpy as np
    import polars as pl

    kept = participants.filter(~pl.col("flags").list.contains("attention check failed"))
    chosen = ratings.filter(pl.col("factor") == factor).join(kept.select("participant_id", "age_group", "education"), on="participant_id")
    rows = chosen.sort("participant_id", "order").to_dicts()
    if len({r["participant_id"] for r in rows}) < 2 or len({r["conversation_id"] for r in rows}) < 2:
        return []
    order = {s: i for i, s in enumerate(world.effects.system)}
    rows.sort(key=lambda r: order.get(r["system_id"], len(order)))
    shown = [Showing(r["conversation_id"], r["system_id"], 1, 1) for r in rows]

    def column(values: list[bool]) -> Any:
        return np.array(values, dtype=float)

    older, graduate = column([r["age_group"] in OLDER for r in rows]), column([r["education"] in GRADUATES for r in rows])
    validates, layered = column([world.validates(s) for s in shown]), column([world.layered(s) for s in shown])
    more = {"older": older, "validates": validates, "older x validation first": older * validates}
    more |= {"graduate": graduate, "layered": layered, "graduate x layered": graduate * layered}
    found_in = of_ratings(
        np.array([r["value"] for r in rows]),
        [r["participant_id"] for r in rows],
        [r["conversation_id"] for r in rows],
        [r["system_id"] for r in rows],
        more,
    )
    effects = world.effects
    base = effects.system.get(rows[0]["system_id"], 0.0)
    systems = {s: effects.system.get(s, 0.0) - base for s in dict.fromkeys(r["system_id"] for r in rows) if s != rows[0]["system_id"]}
    planted = systems | {"older x validation first": effects.older_validation, "graduate x layered": effects.graduate_layered}
    found = []
    for name, truth in planted.items():
        if name in found_in.left_out:
            continue
        estimate, low, high = found_in.model.interval(found_in.weights({name: 1.0}), 0.95)
        told = f"{name} - {rows[0]['system_id']}" if name in systems else name
        found.append(Recovered(told, truth, estimate, low, high, low <= truth <= high))
    return found
