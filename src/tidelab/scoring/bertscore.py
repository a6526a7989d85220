"""BERTScore (Zhang et al., ICLR 2020): each token's best match on the other side, by cosine of the last layer's states."""

from __future__ import annotations

from tidelab.scoring.metric import EMPTY, Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Shared

PARTS = ("bertscore_p", "bertscore_r", "bertscore_f1")


def score(batch: Batch) -> dict[str, list[Value]]:
    """Precision, recall and F1 in -1..1, without idf weights or rescaling; unscored where reply or reference has no tokens.

    As in the package bert-score the class and separator tokens weigh nothing but may be the best match of another token.
    """
    references = batch.of_references(batch.shared.encoder.encode)
    replies = batch.of_replies(batch.shared.encoder.encode)
    rows: list[tuple[Value, Value, Value]] = []
    for i in range(len(batch.replies)):
        (reference, wanted), (reply, said) = references.tokens(i), replies.tokens(i)
        row: tuple[Value, Value, Value]
        if not said.any():
            row = (EMPTY, EMPTY, EMPTY)
        elif not wanted.any():
            row = (Unscored("the encoder finds no words in the reference"),) * 3
        else:
            similarity = reply @ reference.T  # [reply tokens, reference tokens]
            p = float(similarity.amax(dim=1)[said].mean())
            r = float(similarity.amax(dim=0)[wanted].mean())
            row = (p, r, 2 * p * r / (p + r) if p + r else 0.0)
        rows.append(row)
    return {part: [row[j] for row in rows] for j, part in enumerate(PARTS)}


def signature(shared: Shared) -> tuple[str, ...]:
    """Encoder, layer and weights decide the value."""
    return (f"enc:{shared.encoder.identity}", "dtype:fp32", "layer:last", "idf:no", "rescale:no", f"max:{shared.encoder.limit}")


METRIC = Metric(name="bertscore", parts=PARTS, score=score, bounds=(-1.0, 1.0), signature=signature, encodes=True)
