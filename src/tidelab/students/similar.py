"""similar: the training conversations whose person says something most like what this person says. For `floor:nearest` and few-shot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidelab.text.encoder import Encoder

Pair = tuple[str, str]
"""What a person says and the reference."""
Similar = Callable[[Sequence[str]], list[list[Pair]]]
"""From what people say to the pairs most similar to each, the most similar first."""


def similar(train: Sequence[Pair], encoder: Encoder, k: int) -> Similar:
    """By cosine between the persons' words; of equals the first in `train`. Fewer than `k` where `train` is smaller."""
    import torch

    def unit(texts: Sequence[str]) -> torch.Tensor:
        return torch.nn.functional.normalize(encoder.encode(texts).vectors, dim=-1)

    known = unit([person for person, _ in train])

    def find(people: Sequence[str]) -> list[list[Pair]]:
        order = (unit(people) @ known.T).argsort(dim=1, descending=True, stable=True)[:, :k]
        return [[train[i] for i in row] for row in order.tolist()]

    return find
