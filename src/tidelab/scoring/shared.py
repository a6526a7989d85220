"""Work that metrics and systems share: done once per group of texts, kept within bounds of memory."""

from __future__ import annotations

import functools
import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from tidelab.experiment import BertScore

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


class Idf(NamedTuple):
    """Weights of tokens, and that of a token which no text holds."""

    known: dict[int, float]
    unknown: float


class Shared:
    """The encoders and two memos: references stay for all systems, replies until the next system begins.

    encoder -- a sentence-transformers model, as `scoring.encoder` takes them
    corpus  -- every reference of the study; BERTScore's idf weights are counted over them
    """

    def __init__(
        self,
        encoder: str,
        limit: int = LIMIT,
        *,
        dtype: Literal["fp32", "bf16"] = "fp32",
        bertscore: BertScore | None = None,
        corpus: Sequence[str] = (),
    ) -> None:
        self.encoder_name, self.dtype, self.bertscore, self.corpus = encoder, dtype, bertscore or BertScore(), corpus
        self.references, self.replies = Memo(limit), Memo(limit)
        self._system: str | None = None

    @property
    def encoder(self) -> Encoder:
        """The study's encoder, loaded when a metric first asks for it."""
        from tidelab.text import encoder

        own = self.bertscore.encoder
        return encoder.load(self.encoder_name, self.bertscore.layer if own in (None, self.encoder_name) else None, self.dtype)

    @property
    def token_encoder(self) -> Encoder:
        """The encoder whose token states BERTScore matches: the same one, unless it has its own."""
        from tidelab.text import encoder

        return encoder.load(self.bertscore.encoder or self.encoder_name, self.bertscore.layer, self.dtype)

    @functools.cached_property
    def idf(self) -> Idf:
        """log((texts + 1) / (texts with the token + 1)) over the corpus."""
        texts = self.token_encoder.token_ids(self.corpus)
        held = Counter(token for text in texts for token in set(text))
        return Idf({token: math.log((len(texts) + 1) / (count + 1)) for token, count in held.items()}, math.log(len(texts) + 1))

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
    further: list[list[str]] = field(default_factory=list)
    """Per row its references beyond the first; empty where every row has one."""

    def every_reference(self) -> list[list[str]]:
        """Per row all its references, the first one first."""
        return [[first, *more] for first, more in zip(self.references, self.further or [[]] * len(self.references), strict=True)]

    def of_references(self, work: Callable[[Sequence[str]], T]) -> T:
        """`work` over all references, done once for all systems. `work` must be a named function or method, not a lambda."""
        return self.shared.references.get(work, self.references)

    def of_replies(self, work: Callable[[Sequence[str]], T]) -> T:
        """`work` over all replies, done once for all metrics of a system."""
        return self.shared.replies.get(work, self.replies)


@dataclass(frozen=True)
class Whole:
    """All of a system's replies of one source: the batches in which they were scored, and in each the rows that belong to it."""

    batches: Sequence[Batch]
    rows: Sequence[Sequence[int]]

    def gather(self, of: Callable[[Batch], Sequence[T]]) -> list[T]:
        """`of` of each batch, its rows of this source one after the other."""
        return [made[i] for batch, rows in zip(self.batches, self.rows, strict=True) for made in [of(batch)] for i in rows]


def _size(value: Any) -> int:
    """Bytes, roughly: tensors by their own word, lists with their items' containers; words are shared by the stem cache."""
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    return sys.getsizeof(value) + sum(int(getattr(item, "nbytes", 0)) or sys.getsizeof(item) for item in value)
