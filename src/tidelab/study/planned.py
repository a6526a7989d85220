"""The planned analysis: `mixed.lmm` of one factor's ratings, as the analysis will fit it.

value = system + more fixed effects + participant + conversation + arm (conversation x system) + noise, by REML, with Satterthwaite's
degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidelab.mixed.crossed import Codes, Floats
from tidelab.mixed.lmm import Lmm, Test, lmm


@dataclass(frozen=True)
class Planned:
    """The fitted model, and what of the fixed effects could not enter it."""

    model: Lmm
    left_out: tuple[str, ...]

    def weights(self, of: Mapping[str, float]) -> Floats:
        """The contrast that sums fixed effects by weight; the others count nothing."""
        return np.array([of.get(name, 0.0) for name in self.model.names])

    def test(self, of: Mapping[str, float]) -> Test:
        """A weighted sum of fixed effects against zero."""
        return self.model.test(self.weights(of))


def codes(values: Sequence[Any]) -> Codes:
    """Levels 0.. of values, in the order in which they first come."""
    known: dict[Any, int] = {}
    return np.array([known.setdefault(v, len(known)) for v in values], dtype=np.int64)


def of_ratings(
    y: Floats, participant: Sequence[Any], conversation: Sequence[Any], system: Sequence[str], more: Mapping[str, Floats] | None = None
) -> Planned:
    """Fixed effects: `intercept`, each system but the first in the order given, `more`; a column that the others say is left out."""
    said = np.array(system)
    fixed = {"intercept": np.ones(len(y))} | {s: (said == s).astype(float) for s in list(dict.fromkeys(system))[1:]} | dict(more or {})
    kept = _independent(fixed, len(y))
    arms = list(zip(conversation, system, strict=True))
    factors = {"participant": codes(participant), "conversation": codes(conversation), "arm": codes(arms)}
    model = lmm(y, np.column_stack([fixed[name] for name in kept]), kept, factors)
    return Planned(model, tuple(name for name in fixed if name not in kept))


def _independent(fixed: Mapping[str, Floats], rows: int) -> list[str]:
    """Names of the columns that add something to the ones before them."""
    kept: list[str] = []
    basis = np.zeros((rows, 0))
    for name, column in fixed.items():
        rest = column - basis @ (basis.T @ column)
        size = float(np.linalg.norm(rest))
        if size > 1e-8 * max(float(np.linalg.norm(column)), 1.0):
            kept.append(name)
            basis = np.column_stack([basis, rest / size])
    return kept
