"""Tasks for evaluation frameworks: the conversations that a model answers, and the scores that `tide score` would give each reply."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tidelab.errors import TidelabError

if TYPE_CHECKING:
    from tidelab.records import Conversation

METRICS = "cosine,bertscore,rouge_l,meteor,length"
LM_EVAL = Path(__file__).parent / "lm_eval"
"""Folder of the task of lm-evaluation-harness, for its `--include_path`."""


def conversations(corpus: str = "sample", split: str = "") -> list[Conversation]:
    """Those of `sample`, a data set or a run; `split` keeps one of a corpus that has splits. TidelabError where none is left."""
    from tidelab.corpus.opened import opened

    every = opened(corpus).conversations
    kept = [c for c in every if not split or c.split == split]
    if not kept:
        known = ", ".join(sorted({str(c.split) for c in every if c.split})) or "none"
        raise TidelabError(f"the corpus has no conversation of the split {split!r}", where="split", mend=f"its splits: {known}")
    return kept


def names(metrics: str) -> list[str]:
    """Metrics out of `cosine,rouge_l`. TidelabError for one that isn't there."""
    from tidelab.scoring.metric import metric

    return [metric(name.strip()).name for name in metrics.split(",") if name.strip()]


def scores(person: str, reference: str, text: str, metrics: Sequence[str]) -> dict[str, tuple[float, str]]:
    """Part of a metric -> (value, why it is NaN), for one reply; metrics that only all replies together have are left out."""
    from tidelab.scoring import score

    table = score([text], [reference], [person], metrics=list(metrics)).drop_nulls("row")
    return {str(m): (float(value), str(reason)) for m, value, reason in table.select("metric", "value", "reason").iter_rows()}


def scored_mean(values: Iterable[float]) -> float:
    """Mean of those that are scored; NaN where none is."""
    known = [v for v in values if not math.isnan(v)]
    return sum(known) / len(known) if known else math.nan
