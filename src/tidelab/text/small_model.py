"""Small classifiers that come with the wheel: linear weights in an .npz, one set learnt from everything and one for each fold.

A text that was learnt from is scored by the set of its fold, which has not seen it or its group.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SmallModel:
    """arrays: name -> [1 + folds, features + 1, classes]; set 0 is learnt from everything, the last feature is 1 throughout."""

    name: str
    arrays: dict[str, Floats]
    fold_of: dict[bytes, int]
    made: str

    def sets(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        """[n] which set of weights scores each text: 0, or 1 + the fold in which it was learnt from."""
        return np.array([self.fold_of_text(text) for text in texts], np.int64)

    def fold_of_text(self, text: str) -> int:
        """1 + the fold in which a text was learnt from, 0 for one that was not."""
        return self.fold_of.get(mark(text), 0)

    def linear(self, array: str, rows: Floats, sets: npt.NDArray[np.int64]) -> Floats:
        """[n, classes] of rows [n, features], each by its set of weights."""
        weights = self.arrays[array]
        out = np.empty((len(rows), weights.shape[2]), np.float32)
        for chosen in np.unique(sets):
            here = sets == chosen
            out[here] = rows[here] @ weights[chosen, :-1] + weights[chosen, -1]
        return out


def softmax(scores: npt.NDArray[Any]) -> Floats:
    """Rows that sum to 1."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def mark(text: str) -> bytes:
    """Eight bytes that tell a text, whatever its white space."""
    return hashlib.blake2b(" ".join(text.split()).encode(), digest_size=8).digest()


@functools.cache
def load(package: str, name: str) -> SmallModel:
    """The model `data/<name>.npz` of a package."""
    with np.load(BytesIO((files(package) / "data" / f"{name}.npz").read_bytes()), allow_pickle=False) as kept:
        arrays = {key: kept[key].astype(np.float32) for key in kept.files if key not in {"marks", "folds", "made"}}
        fold_of = {bytes(m): int(f) for m, f in zip(kept["marks"], kept["folds"], strict=True)}
        return SmallModel(name, arrays, fold_of, str(kept["made"]))


def save(path: Any, arrays: dict[str, npt.NDArray[Any]], folds: dict[str, int], made: str) -> None:
    """Write weights in half precision; folds: text -> 1 + its fold; made: version and date of the training."""
    marks = {mark(text): fold for text, fold in folds.items()}
    everything: dict[str, Any] = {name: array.astype(np.float16) for name, array in arrays.items()}
    everything["marks"] = np.array([list(m) for m in marks], np.uint8).reshape(-1, 8)
    everything["folds"] = np.array(list(marks.values()), np.uint8)
    everything["made"] = np.array(made)
    np.savez_compressed(path, **everything)
