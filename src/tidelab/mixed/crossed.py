"""Random intercepts of crossed factors: the one structure that the linear and the cumulative-link mixed model share.

With Z the indicators of all factors' levels and L the diagonal of their deviations, both models need A = L Z'WZ L + I: its logarithmic
determinant, solutions of A x = b, and elements of its inverse. The factor with most levels makes a diagonal block, so it is
eliminated first, and only what the others leave over (the Schur complement) is dense. Cost: (most levels) x (all other levels)^2.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

P = ParamSpec("P")
R = TypeVar("R")
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
SMALL = 100_000  # elements up to which a dense block is faster than a sparse one
MOST_DENSE = 4_000  # levels beside the largest factor; their square is held


def one_thread(fit: Callable[P, R]) -> Callable[P, R]:
    """Fits with one BLAS thread: of hundreds of small products, threads that wait for one another take many times as long."""

    @functools.wraps(fit)
    def fitted(*args: P.args, **kwargs: P.kwargs) -> R:
        import scipy.linalg  # noqa: F401  # its BLAS must be there to be limited
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1, user_api="blas"):
            return fit(*args, **kwargs)

    return fitted


def told_apart(factors: Mapping[str, Codes]) -> tuple[dict[str, Codes], list[str]]:
    """The factors whose intercepts the rows can tell apart, and a note on each that was left out.

    A factor with one level is the mean, one with a level for each row the residual, and two that group rows alike are one.
    """
    found: dict[str, Codes] = {}
    notes = []
    for name, codes in factors.items():
        levels = int(codes.max()) + 1 if len(codes) else 0
        same = [n for n, c in found.items() if int(c.max()) + 1 == levels == len(np.unique(c * levels + codes))]
        if levels < 2:
            notes.append(f"no intercepts of {name}: it has one level")
        elif levels >= len(codes):
            notes.append(f"no intercepts of {name}: it has a level for each row")
        elif same:
            notes.append(f"no intercepts of {name}: it groups the rows as {same[0]} does")
        else:
            found[name] = codes
    return found, notes


class Crossed:
    """Factors as integer codes [rows] from 0, largest first; `order` says which of those given stands where."""

    def __init__(self, factors: Sequence[Codes]) -> None:
        self.rows = len(factors[0]) if factors else 0
        sizes = [int(codes.max()) + 1 for codes in factors]
        self.order = sorted(range(len(factors)), key=lambda k: -sizes[k])
        self.codes = [factors[k] for k in self.order]
        self.sizes = [sizes[k] for k in self.order]
        self.first = self.sizes[0] if factors else 0
        starts = np.concatenate([[0], np.cumsum(self.sizes)]).astype(int)
        self.parts = [slice(int(a), int(b)) for a, b in itertools.pairwise(starts)]
        self.q = int(starts[-1])
        self.dense = self.q - self.first
        if len(factors) > 1:
            keys = [self.codes[0] * self.dense + self.codes[k] + self.parts[k].start - self.first for k in range(1, len(factors))]
            met, self._place = np.unique(np.concatenate(keys), return_inverse=True)
            self._left, self._right = met // self.dense, met % self.dense
        else:
            self._place, self._left, self._right = (np.zeros(0, dtype=np.int64) for _ in range(3))
        self._starts = np.searchsorted(self._left, np.arange(self.first + 1))

    def sums(self, columns: Floats) -> Floats:
        """Z' columns: [rows, c] or [rows] to [q, c] or [q]."""
        if columns.ndim == 1:
            found = np.zeros(self.q)
            for codes, part, size in zip(self.codes, self.parts, self.sizes, strict=True):
                found[part] = np.bincount(codes, columns, size)
            return found
        return np.stack([self.sums(column) for column in columns.T], axis=1) if columns.shape[1] else np.zeros((self.q, 0))

    def spread(self, values: Floats) -> Floats:
        """Z values: [q] to [rows], each row the sum over its levels."""
        total = np.zeros(self.rows)
        for codes, part in zip(self.codes, self.parts, strict=True):
            total += values[part][codes]
        return total

    def repeat(self, deviations: Floats) -> Floats:
        """One value for each factor to one for each level [q]."""
        return np.repeat(deviations, self.sizes)

    def gram(self, weights: Floats) -> Gram:
        """Z'WZ for weights [rows]."""
        if not self.codes:
            return Gram(np.zeros(0), np.zeros(0), np.zeros((0, 0)))
        diagonal: Floats = np.bincount(self.codes[0], weights, self.first).astype(np.float64)
        across: Floats = np.bincount(self._place, np.tile(weights, len(self.codes) - 1), len(self._left)).astype(np.float64)
        others: Floats = np.zeros((self.dense, self.dense))
        for k in range(1, len(self.codes)):
            at = slice(self.parts[k].start - self.first, self.parts[k].stop - self.first)
            others[at, at] = np.diag(np.bincount(self.codes[k], weights, self.sizes[k]))
            for m in range(1, k):
                to = slice(self.parts[m].start - self.first, self.parts[m].stop - self.first)
                others[at, to] = _crossed(self.codes[k], self.codes[m], self.sizes[k], self.sizes[m], weights)
                others[to, at] = others[at, to].T
        return Gram(diagonal, across, others)

    def block(self, values: Floats) -> Any:
        """The first factor by the others, out of its values where some row has both; sparse where that is faster."""
        if self.first * self.dense <= SMALL:
            dense = np.zeros((self.first, self.dense))
            dense[self._left, self._right] = values
            return dense
        from scipy.sparse import csr_array

        return csr_array((values, self._right, self._starts), shape=(self.first, self.dense))


@dataclass(frozen=True)
class Gram:
    """Z'WZ in blocks: the first factor's diagonal, first by others (sparse: values only), others by others."""

    diagonal: Floats
    across: Floats
    others: Floats


def _crossed(one: Codes, other: Codes, size: int, width: int, weights: Floats) -> Floats:
    return np.asarray(np.bincount(one * width + other, weights, size * width).reshape(size, width), dtype=np.float64)


class Factored:
    """A = L G L + I, factored once. scale: [q], the diagonal of L."""

    def __init__(self, of: Crossed, gram: Gram, scale: Floats) -> None:
        from scipy.linalg import cho_factor

        self.of = of
        first, rest = scale[: of.first], scale[of.first :]
        self.diagonal = first**2 * gram.diagonal + 1
        self.logdet = float(np.log(self.diagonal).sum())
        self.schur = None
        if of.dense:
            values = first[of._left] * gram.across * rest[of._right]
            self.over_values = values / self.diagonal[of._left]
            self.across, self.over = of.block(values), of.block(self.over_values)
            product = self.across.T @ self.over
            left = rest[:, None] * gram.others * rest - (product if isinstance(product, np.ndarray) else product.toarray())
            left[np.diag_indices_from(left)] += 1
            self.schur = cho_factor(left, lower=True, check_finite=False)
            self.logdet += 2 * float(np.log(np.diag(self.schur[0])).sum())

    def solve(self, b: Floats) -> Floats:
        """A x = b for b [q] or [q, columns]."""
        from scipy.linalg import cho_solve

        diagonal = self.diagonal if b.ndim == 1 else self.diagonal[:, None]
        head, tail = b[: self.of.first], b[self.of.first :]
        if self.schur is not None:
            tail = cho_solve(self.schur, tail - self.across.T @ (head / diagonal), check_finite=False)
            head = head - self.across @ tail
        return np.concatenate([head / diagonal, tail])

    def pairs(self) -> list[list[Floats]]:
        """Elements of the inverse that rows meet: [k][m] is, for each row, the one at its level of factor k and its level of factor m."""
        from scipy.linalg import cho_solve

        of, count = self.of, len(self.of.codes)
        if not count:
            return []
        mixed, corner = np.zeros((of.first, 0)), 1 / self.diagonal
        rest = np.zeros((0, 0))
        if self.schur is not None:
            rest = cho_solve(self.schur, np.eye(of.dense), check_finite=False)
            mixed = self.over @ rest
            corner = corner + np.bincount(of._left, mixed[of._left, of._right] * self.over_values, of.first)
        found: list[list[Floats]] = [[np.zeros(0)] * count for _ in range(count)]
        found[0][0] = corner[of.codes[0]]
        for k in range(1, count):
            at = of.codes[k] + of.parts[k].start - of.first
            found[0][k] = found[k][0] = -mixed[of.codes[0], at]
            for m in range(1, k + 1):
                found[k][m] = found[m][k] = rest[at, of.codes[m] + of.parts[m].start - of.first]
        return found
