"""near_duplicates: two persons' texts, or two replies, are nearly the same, by the encoder's vectors over the whole corpus."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tidelab.corpus.checks import Check, Finding
from tidelab.records import Conversation, Persona

if TYPE_CHECKING:
    import numpy as np

COSINE = 0.97
SHARED_WORDS = 0.5  # Jaccard; edited texts still at cosine 0.97 share 0.73 or more (benchmarks/checks.py), so others need no encoding
_BLOCK = 512  # texts encoded or compared at once: memory stays flat, whatever the corpus


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """A finding for each text that is nearly the text of the same speaker in an earlier conversation; it names the nearest such."""
    return [*_find(conversations, "person", "the person says"), *_find(conversations, "chatbot", "the reply says")]


def _find(conversations: Sequence[Conversation], field: str, says: str) -> list[Finding]:
    first: dict[str, Conversation] = {}
    for c in conversations:
        first.setdefault(getattr(c, field), c)
    near = nearest_earlier(list(first))
    findings = []
    for c in conversations:
        text = getattr(c, field)
        earlier = first[text]
        if earlier is not c:
            if (earlier.person, earlier.chatbot) != (c.person, c.chatbot):  # else the check `duplicates` says so
                findings.append(Finding(c.conversation_id, f"{says} the same as in `{earlier.conversation_id}`", field))
        elif text in near:
            other, cosine = near[text]
            message = f"{says} nearly the same as in `{first[other].conversation_id}` (cosine {cosine:.3f})"
            findings.append(Finding(c.conversation_id, message, field))
    return findings


def nearest_earlier(texts: Sequence[str], cosine: float = COSINE) -> dict[str, tuple[str, float]]:
    """Of distinct texts: text -> the most similar earlier text and its cosine, where that reaches `cosine`."""
    import numpy as np

    texts = [texts[i] for i in candidates(texts)]
    if not texts:
        return {}
    vectors = _vectors(texts)
    near = {}
    for start in range(0, len(texts), _BLOCK):
        block = vectors[start : start + _BLOCK] @ vectors[: start + _BLOCK].T
        block[np.triu_indices(len(block), start, block.shape[1])] = -1.0  # itself and what comes later
        for row, best in enumerate(block.argmax(axis=1)):
            if block[row, best] >= cosine:
                near[texts[start + row]] = (texts[int(best)], float(block[row, best]))
    return near


def candidates(texts: Sequence[str], shared: float = SHARED_WORDS) -> list[int]:
    """The texts, by place, that have at least the share `shared` of their words in common with another."""
    import numpy as np
    from scipy.sparse import csr_array

    number: dict[str, int] = {}
    words = [sorted({number.setdefault(w, len(number)) for w in re.findall(r"\w+", text.lower())}) for text in texts]
    sizes = np.array([len(w) for w in words], dtype=np.float32)
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    columns = np.array([w for one in words for w in one], dtype=np.int64)
    has = csr_array((np.ones(len(columns), dtype=np.float32), columns, ends), shape=(len(texts), max(len(number), 1)))
    turned, found = has.T.tocsr(), []
    for start in range(0, len(texts), _BLOCK):
        both = (has[start : start + _BLOCK] @ turned).toarray()
        either = sizes[start : start + _BLOCK, None] + sizes[None, :] - both
        alike = both >= shared * np.maximum(either, 1)
        alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = False
        found += (start + np.flatnonzero(alike.any(axis=1))).tolist()
    return found


def _vectors(texts: Sequence[str]) -> np.ndarray:
    """[n, d] unit vectors, fp32."""
    import numpy as np

    from tidelab.text import encoder

    load = encoder.load()
    made = [load.encode(texts[start : start + _BLOCK]).vectors.numpy() for start in range(0, len(texts), _BLOCK)]
    vectors = np.concatenate(made)
    unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit


CHECK = Check("near_duplicates", "warning", find, version=2)
