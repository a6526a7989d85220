"""How far the review is, and how far reviewers agree."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import sqlalchemy as sa

from tidelab import agreement
from tidelab.agreement import Agreement
from tidelab.review.scales import SCALES
from tidelab.review.tables import assignments
from tidelab.review.verdicts import Verdict, verdicts
from tidelab.web.database import Database
from tidelab.web.tables import people

CONVENTION = (
    "First two reviews of each item. Kappa: Cohen's, weighted, each pair counted both ways since reviewers are interchangeable; "
    "alpha: Krippendorff's, ordinal (decision: nominal). Intervals: 95%, percentile bootstrap over items. NaN is shown as null."
)


def status(database: Database, *, resamples: int = 10_000) -> dict[str, Any]:
    """As JSON values: `items` (counts), `people`, `agreement` by kind of item, `disagreements`, `convention`."""
    with database.read() as connection:
        found = verdicts(connection)
        staff = sa.select(people.c.name, people.c.role, sa.func.count(assignments.c.finished).label("finished"))
        staff = staff.select_from(people.outerjoin(assignments)).group_by(people.c.id).order_by(people.c.role, people.c.name)
        listed = [dict(row._mapping) for row in connection.execute(staff)]
    kinds = sorted({v.item.kind for v in found})
    return {
        "items": {kind: _counts([v for v in found if v.item.kind == kind]) for kind in kinds},
        "people": listed,
        "agreement": {kind: _agreement([v for v in found if v.item.kind == kind], resamples) for kind in kinds},
        "disagreements": [
            {
                "kind": v.item.kind,
                "conversation_id": v.item.conversation_id,
                "system_id": v.item.system_id,
                "why": v.dispute,
                "settled": v.third is not None,
            }
            for v in found
            if v.dispute
        ],
        "convention": CONVENTION,
    }


def _counts(found: list[Verdict]) -> dict[str, int]:
    """Items, how many have two reviews, one, none; what was decided; who waits for a third reviewer; surplus reviews."""
    decided = Counter(v.decision().decision for v in found)
    given = Counter(len(v.reviews) for v in found)
    return {
        "items": len(found),
        "two reviews": given[2],
        "one review": given[1],
        "no review": given[0],
        "approved": decided["approved"],
        "rejected": decided["rejected"],
        "undecided": decided["undecided"],
        "awaiting third reviewer": sum(bool(v.dispute) and v.third is None for v in found),
        "surplus reviews": sum(len(v.surplus) for v in found),
    }


def _agreement(found: list[Verdict], resamples: int) -> list[dict[str, Any]]:
    """One row a question: name, items, identical (share), alpha, linear and quadratic kappa, each with value, low, high, reason."""
    pairs = [(v.reviews[0].answer, v.reviews[1].answer) for v in found if len(v.reviews) == 2]
    rows = []
    for scale in SCALES:
        first, second = ([pair[i].ratings[scale.name] - 1 for pair in pairs] for i in (0, 1))
        rows.append(_row(scale.title, first, second, 5, resamples))
    first, second = ([int(pair[i].decision == "approve") for pair in pairs] for i in (0, 1))
    return [*rows, _row("Decision", first, second, 2, resamples)]


def _row(name: str, first: list[int], second: list[int], categories: int, resamples: int) -> dict[str, Any]:
    import numpy as np

    table = np.array([first, second], dtype=float).T.reshape(-1, 2)
    found = {"alpha": agreement.alpha_interval(table, categories, "ordinal" if categories > 2 else "nominal", resamples=resamples)}
    for weights in ("linear", "quadratic"):
        found[f"kappa_{weights}"] = agreement.kappa_interval(first, second, categories, weights, symmetric=True, resamples=resamples)
    same = sum(a == b for a, b in zip(first, second, strict=True)) / len(first) if first else None
    return {"name": name, "items": len(first), "identical": same, **{key: _plain(value) for key, value in found.items()}}


def _plain(value: Agreement) -> dict[str, Any]:
    numbers = {"value": value.value, "low": value.low, "high": value.high}
    return {key: None if math.isnan(n) else round(n, 4) for key, n in numbers.items()} | {"reason": value.reason}
