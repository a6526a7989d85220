"""Porter stems (nltk's variant, which rouge-score and METEOR use), each word stemmed once."""

from __future__ import annotations

import functools
from typing import Any


@functools.lru_cache(maxsize=1 << 17)  # a study's vocabulary is a few ten thousand words
def stem(word: str) -> str:
    """The Porter stem of a word in lower case."""
    stemmed: str = _stemmer().stem(word)
    return stemmed


@functools.cache
def _stemmer() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()
