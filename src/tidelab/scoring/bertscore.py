"""BERTScore (Zhang et al., ICLR 2020): each token's best match on the other side, by cosine of one layer's states."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tidelab.scoring.metric import EMPTY, Metric, Unscored, Value
from tidelab.scoring.shared import Batch, Shared

if TYPE_CHECKING:
    import torch

PARTS = ("bertscore_p", "bertscore_r", "bertscore_f1")
_NO_WORDS = Unscored("the encoder finds no words in the reference")
_WEIGHTLESS = Unscored("every token stands in every reference: no token has any idf weight")


def score(batch: Batch) -> dict[str, list[Value]]:
    """Precision, recall and F1; unscored where reply or reference has no tokens. In -1..1, unless rescaled with a baseline.

    As in the package bert-score the class and separator tokens weigh nothing but may be the best match of another token.
    """
    encode, baseline = batch.shared.token_encoder.encode, batch.shared.bertscore.baseline or (0.0, 0.0, 0.0)
    references = batch.of_references(encode)
    replies = batch.of_replies(encode)
    rows: list[tuple[Value, Value, Value]] = []
    for i in range(len(batch.replies)):
        (reference, wanted), (reply, said) = references.tokens(i), replies.tokens(i)
        if not said.any():
            rows.append((EMPTY, EMPTY, EMPTY))
            continue
        if not wanted.any():
            rows.append((_NO_WORDS,) * 3)
            continue
        similarity = reply @ reference.T  # [reply tokens, reference tokens]
        p = _mean(similarity.amax(dim=1)[said], replies.token_ids(i)[said], batch.shared)
        r = _mean(similarity.amax(dim=0)[wanted], references.token_ids(i)[wanted], batch.shared)
        if math.isnan(p) or math.isnan(r):
            rows.append((_WEIGHTLESS,) * 3)
            continue
        f = 2 * p * r / (p + r) if p + r else 0.0
        p, r, f = ((x - b) / (1 - b) for x, b in zip((p, r, f), baseline, strict=True))
        rows.append((p, r, f))
    return {part: [row[j] for row in rows] for j, part in enumerate(PARTS)}


def _mean(best: torch.Tensor, tokens: torch.Tensor, shared: Shared) -> float:
    """Mean of the best matches, weighed by idf where the study asks for it; NaN where no token has weight."""
    if not shared.bertscore.idf:
        return float(best.mean())
    weights = best.new_tensor([shared.idf.known.get(int(token), shared.idf.unknown) for token in tokens])
    total = float(weights.sum())
    return float((best * weights).sum()) / total if total else math.nan


def signature(shared: Shared) -> tuple[str, ...]:
    """Encoder, layer, weights and baseline decide the value."""
    encoder, options = shared.token_encoder, shared.bertscore
    return (
        f"enc:{encoder.identity}",
        f"dtype:{encoder.dtype}",
        f"layer:{'last' if encoder.layer is None else encoder.layer}",
        f"idf:{f'references-{len(shared.corpus)}' if options.idf else 'no'}",
        f"rescale:{','.join(f'{b:g}' for b in options.baseline) if options.baseline else 'no'}",
        f"max:{encoder.limit}",
    )


METRIC = Metric(name="bertscore", parts=PARTS, score=score, bounds=(-1.0, 1.0), signature=signature, encodes=True)
