"""The order of support in a reply: whether validation comes first, how many factors are layered, what opens it, where advice begins."""

from __future__ import annotations

from collections.abc import Sequence

from tidelab.scoring.metric import EMPTY, NOT_APPLICABLE, Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Shared
from tidelab.scoring.tagged import tagged

VALIDATION = ("emotion_recognition", "distress_normalization")
SUPPORT = ("supportive_reflection", "suggestion", "resource")
ADVICE = ("suggestion", "resource")
PARTS = ("validation_first", "factors_layered", "opens_with_question", "opens_with_advice", "first_suggestion")
_NO_SUPPORT = Unscored(f"{NOT_APPLICABLE}the reply gives no support that validation could stand before")
_NO_SUGGESTION = Unscored(f"{NOT_APPLICABLE}the reply suggests nothing")


def score(batch: Batch) -> dict[str, list[Value]]:
    """Per reply the five parts, as `of_acts` gives them."""
    rows = [of_acts(reply.acts) for reply in tagged(batch)]
    return {part: [row[i] for row in rows] for i, part in enumerate(PARTS)}


def of_acts(acts: Sequence[str]) -> tuple[Value, ...]:
    """The five parts of a reply whose sentences have these acts; all unscored for a reply without sentences.

    validation_first    -- 1 if the first act of validation stands before the first of support, 0 if not
    factors_layered     -- how many of the three factors have a sentence, 0 to 3
    opens_with_question, opens_with_advice -- 1 if the first sentence is one
    first_suggestion    -- sentences before the first suggestion / sentences, 0 to 1
    """
    if not acts:
        return (EMPTY,) * len(PARTS)
    support, validation = _first(acts, SUPPORT), _first(acts, VALIDATION)
    suggestion = _first(acts, ("suggestion",))
    return (
        _NO_SUPPORT if support is None else float(validation is not None and validation < support),
        float(len({*VALIDATION, "supportive_reflection"} & set(acts))),
        float(acts[0] == "question"),
        float(acts[0] in ADVICE),
        _NO_SUGGESTION if suggestion is None else suggestion / len(acts),
    )


def _first(acts: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((i for i, act in enumerate(acts) if act in wanted), None)


def signature(_: Shared) -> tuple[str, ...]:
    """The tagger's version and the encoder that it was learnt with."""
    return ("tagger:tidelab-1", "enc:all-MiniLM-L6-v2")


METRIC = Metric(name="layering", parts=PARTS, score=score, bounds=(0.0, 3.0), better="none", compares=False, signature=signature)
