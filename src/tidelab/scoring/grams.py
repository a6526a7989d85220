"""Counts of n-grams as sorted arrays of packed numbers: made once for a text, matched with another text's in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_WIDE = 32  # bits of a number where it doesn't fit the narrow form; keys are then Python's own integers, exact and slow


class Numbers(dict[str, int]):
    """A number for each symbol, counted up from 1 as symbols are met. Which one it is changes no count."""

    def __missing__(self, symbol: str) -> int:
        number = self[symbol] = len(self) + 1
        return number


@dataclass(frozen=True)
class Grams:
    """The n-grams of one text, n from 1 to `orders`.

    numbers -- [symbols] the text
    keys    -- [distinct] packed n-grams, ascending, lower orders first
    counts  -- [distinct] how often each stands in the text
    bits    -- of a symbol in a key
    """

    numbers: np.ndarray[Any, Any]
    orders: int
    bits: int
    keys: np.ndarray[Any, Any]
    counts: np.ndarray[Any, Any]

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays hold."""
        return int(self.numbers.nbytes + self.keys.nbytes + self.counts.nbytes)

    @property
    def totals(self) -> list[int]:
        """How many n-grams of each order the text has."""
        return [max(len(self.numbers) - n, 0) for n in range(self.orders)]


def grams(symbols: Sequence[str], orders: int, known: Numbers) -> Grams:
    """The n-grams of a text. `known` is the table of all texts that are to be matched with each other."""
    numbers = np.fromiter(map(known.__getitem__, symbols), np.int64, len(symbols))
    narrow = (63 - (orders - 1).bit_length()) // orders
    return _packed(numbers, orders, narrow if not len(numbers) or int(numbers.max()) < 1 << narrow else _WIDE)


def matches(said: Grams, wanted: Grams) -> list[int]:
    """For each order how many n-grams of `said` stand in `wanted`, each counted as often as it stands in both."""
    if said.bits != wanted.bits:
        said, wanted = (_packed(g.numbers, g.orders, _WIDE) for g in (said, wanted))
    if not len(said.keys) or not len(wanted.keys):
        return [0] * said.orders
    at = np.searchsorted(wanted.keys, said.keys)
    at[at == len(wanted.keys)] = 0
    both = np.where(wanted.keys[at] == said.keys, np.minimum(said.counts, wanted.counts[at]), 0)
    order = (said.keys >> (said.bits * said.orders)).astype(np.int64)
    return [int(count) for count in np.bincount(order, weights=both, minlength=said.orders)]


def most(every: Sequence[Grams]) -> Grams:
    """Each n-gram as often as it stands in the text of `every` that has it most often."""
    if len(every) == 1:
        return every[0]
    if len({g.bits for g in every}) > 1:
        every = [_packed(g.numbers, g.orders, _WIDE) for g in every]
    keys, places = np.unique(np.concatenate([g.keys for g in every]), return_inverse=True)
    counts = np.zeros(len(keys), np.int64)
    np.maximum.at(counts, places, np.concatenate([g.counts for g in every]))
    return Grams(np.concatenate([g.numbers for g in every]), every[0].orders, every[0].bits, keys, counts)


def _packed(numbers: np.ndarray[Any, Any], orders: int, bits: int) -> Grams:
    symbols = numbers.astype(object) if bits == _WIDE else numbers
    code, rows = symbols, [symbols]
    for n in range(1, min(orders, len(symbols))):
        code = (code[:-1] << bits) + symbols[n:]
        rows.append(code + (n << (bits * orders)))
    every = np.sort(np.concatenate(rows))
    ends = np.flatnonzero(np.append(every[1:] != every[:-1], True)) if len(every) else np.zeros(0, np.int64)
    return Grams(numbers, orders, bits, every[ends], np.diff(ends, prepend=-1))
