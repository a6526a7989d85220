"""What the small classifiers read of a sentence: its words and pairs of words, the cues in `data/cues.yaml`, and its embedding."""

from __future__ import annotations

import functools
import itertools
import re
import zlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
BUCKETS = 2048
"""Places for words and pairs of words, by their CRC-32; several may share one."""
_WEIGHT = {"words": 2.0, "embedding": 3.0}  # so that the three blocks have about the same length
_TOKEN = re.compile(r"[a-z0-9']+|[?!]")


def plain(text: str) -> str:
    """Lower case, straight apostrophes: what cues and words are read in."""
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()


@functools.cache
def cues() -> dict[str, re.Pattern[str]]:
    """Name of a cue -> its pattern over `plain` text, in the file's order."""
    import yaml

    text = (files("tidelab.text") / "data" / "cues.yaml").read_text("utf-8")
    return {name: re.compile(pattern) for name, pattern in yaml.safe_load(text).items()}


def features(texts: Sequence[str], vectors: npt.NDArray[Any]) -> Floats:
    """[n, BUCKETS + cues + d] of n texts and their embeddings [n, d]."""
    made = np.zeros((len(texts), BUCKETS + len(cues())), np.float32)
    for row, text in zip(made, texts, strict=True):
        places, found = _read(text)
        row[list(places)] = _WEIGHT["words"] / np.sqrt(max(1, len(places)))
        row[BUCKETS:] = found
    return np.hstack([made, _WEIGHT["embedding"] * np.asarray(vectors, np.float32)])


def found_cues(texts: Sequence[str]) -> Floats:
    """[n, cues], 1 where a text holds the cue."""
    return np.array([_read(text)[1] for text in texts], np.float32).reshape(len(texts), len(cues()))


@functools.lru_cache(maxsize=1 << 15)
def _read(text: str) -> tuple[frozenset[int], tuple[bool, ...]]:
    """Buckets of the words, and which cues are there."""
    read = plain(text)
    words = _TOKEN.findall(read)
    grams = [*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))]
    return frozenset(zlib.crc32(g.encode()) % BUCKETS for g in grams), tuple(p.search(read) is not None for p in cues().values())
