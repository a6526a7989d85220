"""Small tables with a known truth."""

import math

import polars as pl

from tidelab.records import Conversation, Score, frame


def conversations(personas: int, each: int = 2, source: str = "rehearsal") -> pl.DataFrame:
    """`each` test conversations for each of `personas` personas."""
    rows = [
        Conversation(
            conversation_id=f"{source}-{p:03}-{c}", persona_id=f"{source}-p{p:03}", person="a", chatbot="b", source=source, split="test"
        )
        for p in range(personas)
        for c in range(each)
    ]
    return frame(Conversation, rows)


def scores(table: pl.DataFrame, system_id: str, values, metric: str = "cosine") -> pl.DataFrame:
    """One score for each conversation of `table`; None becomes unscored."""
    rows = [
        Score(
            conversation_id=i,
            system_id=system_id,
            metric=metric,
            value=math.nan if v is None else float(v),
            reason="empty reply" if v is None else "",
            signature=f"{metric}|v:1",
        )
        for i, v in zip(table["conversation_id"], values, strict=True)
    ]
    return frame(Score, rows)
