"""How far the review is, and how far reviewers agree."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa

from tidelab.agreement import Agreement, Question, of_pairs
from tidelab.review.answers import Answer
from tidelab.review.scales import SCALES
from tidelab.review.tables import assignments
from tidelab.review.verdicts import Verdict, verdicts
from tidelab.web.database import Database
from tidelab.web.tables import people

CONVENTION = (
    "First two reviews of each item. Kappa: Cohen's, weighted, each pair counted both ways since reviewers are interchangeable; "
    "alpha: Krippendorff's, ordinal. Intervals: 95%, percentile bootstrap over items. NaN is shown as null."
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
    questions = {s.title: _question(pairs, partial(_rated, s.name), 5) for s in SCALES}
    questions["Decision"] = _question(pairs, lambda a: int(a.decision == "approve"), 2)
    figures = of_pairs(list(questions.values()), resamples=resamples)
    return [
        {
            "name": name,
            "items": len(pairs),
            "identical": sum(a == b for a, b in zip(q.first, q.second, strict=True)) / len(pairs) if pairs else None,
            **{key: _plain(value) for key, value in found.items()},
        }
        for (name, q), found in zip(questions.items(), figures, strict=True)
    ]


def _rated(scale: str, answer: Answer) -> int:
    return answer.ratings[scale] - 1


def _question(pairs: list[tuple[Answer, Answer]], said: Callable[[Answer], int], categories: int) -> Question:
    return Question([said(one) for one, _ in pairs], [said(other) for _, other in pairs], categories)


def _plain(value: Agreement) -> dict[str, Any]:
    numbers = {"value": value.value, "low": value.low, "high": value.high}
    return {key: None if math.isnan(n) else round(n, 4) for key, n in numbers.items()} | {"reason": value.reason}
