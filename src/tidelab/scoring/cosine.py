"""Cosine similarity of the sentence embeddings of reply and reference."""

from __future__ import annotations

from tidelab.scoring.metric import EMPTY, Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Shared


def score(batch: Batch) -> dict[str, list[Value]]:
    """Cosine in -1..1; unscored where reply or reference holds nothing that the encoder reads."""
    import torch

    references = batch.of_references(batch.shared.encoder.encode)
    replies = batch.of_replies(batch.shared.encoder.encode)
    similarity = torch.nn.functional.cosine_similarity(references.vectors, replies.vectors).clamp(-1, 1).tolist()
    values: list[Value] = []
    for i, value in enumerate(similarity):
        if replies.blank(i):
            values.append(EMPTY)
        elif references.blank(i):
            values.append(Unscored("the encoder finds no words in the reference"))
        else:
            values.append(value)
    return {"cosine": values}


def signature(shared: Shared) -> tuple[str, ...]:
    """Encoder, precision and pooling decide the value."""
    return (
        f"enc:{shared.encoder.identity}",
        f"dtype:{shared.encoder.dtype}",
        f"pool:{shared.encoder.pooling}",
        f"max:{shared.encoder.limit}",
    )


METRIC = Metric(name="cosine", score=score, bounds=(-1.0, 1.0), signature=signature, encodes=True)
