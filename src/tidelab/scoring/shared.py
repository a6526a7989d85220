"""Work that metrics and systems share: done once per group of texts, kept within bounds of memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tidelab.text.encoder import Encoder

T = TypeVar("T")
# Bytes each for references and replies: 2,000 texts of 110 tokens in 384 dimensions are 340 MB.
LIMIT = 600 << 20


class Memo:
    """Results kept while there is room; nothing is thrown out, so that going round and round a full memo still hits what it holds.

    The key is the work and the whole group of texts: a result never depends on what an earlier call has left behind.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes = limit, 0
        self._kept: dict[tuple[Any, tuple[str, ...]], Any] = {}

    def get(self, work: Callable[[Sequence[str]], T], texts: Sequence[str]) -> T:
        """`work(texts)`, or what it gave before."""
        key = (work, tuple(texts))
        if key in self._kept:
            kept: T = self._kept[key]
            return kept
        made = work(texts)
        size = _size(made)
        if self.bytes + size <= self.limit:
            self._kept[key] = made
            self.bytes += size
        return made

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.bytes = 0


class Shared:
    """The encoder and two memos: references stay for all systems, replies until the next system begins."""

    def __init__(self, encoder: str, limit: int = LIMIT) -> None:
        self.encoder_name = encoder
        self.references, self.replies = Memo(limit), Memo(limit)
        self._system: str | None = None

    @property
    def encoder(self) -> Encoder:
        """The study's encoder, loaded when a metric first asks for it."""
        from tidelab.text import encoder

        return encoder.load(self.encoder_name)

    def begin(self, system: str) -> None:
        """Another system's replies come now: the last one's are dropped."""
        if system != self._system:
            self.replies.clear()
            self._system = system


@dataclass(frozen=True)
class Batch:
    """What a metric scores: n conversations, row by row. A reply may be empty text."""

    persons: list[str]
    references: list[str]
    replies: list[str]
    shared: Shared

    def of_references(self, work: Callable[[Sequence[str]], T]) -> T:
        """`work` over all references, done once for all systems. `work` must be a named function or method, not a lambda."""
        return self.shared.references.get(work, self.references)

    def of_replies(self, work: Callable[[Sequence[str]], T]) -> T:
        """`work` over all replies, done once for all metrics of a system."""
        return self.shared.replies.get(work, self.replies)


def _size(value: Any) -> int:
    """Bytes, roughly: tensors by their own word, lists with their items' containers; words are shared by the stem cache."""
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    return sys.getsizeof(value) + sum(sys.getsizeof(item) for item in value)
