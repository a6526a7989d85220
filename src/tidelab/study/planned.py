"""The planned analysis: a linear mixed model with crossed random effects, fitted by REML.

value = fixed effects + participant + conversation + arm (conversation x system) + noise. The deviance is profiled over fixed effects and
noise as in lme4 (Bates et al. 2015), so that a fit is a search over three ratios of standard deviations. Intervals and tests use t with
one degree of freedom less than there are participants or conversations, whichever are fewer. That is rough, and errs towards caution.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LARGEST = 20.0
"""Of a ratio of standard deviations: beyond it noise is as good as none."""


@dataclass(frozen=True)
class Fit:
    """Fixed effects with their covariance, and standard deviations of what is random."""

    names: tuple[str, ...]
    beta: Floats
    covariance: Floats
    df: int
    deviations: dict[str, float]
    """Of each random effect, and of the `noise`."""
    converged: bool
    reason: str = ""
    start: Floats = field(default_factory=lambda: np.zeros(0), repr=False)
    """The ratios found; a good start for a fit of similar data."""

    def effect(self, weights: Mapping[str, float]) -> tuple[float, float, float]:
        """(estimate, standard error, two-sided p) of a weighted sum of fixed effects."""
        from scipy.stats import t

        w = np.array([weights.get(name, 0.0) for name in self.names])
        estimate, error = float(w @ self.beta), math.sqrt(max(float(w @ self.covariance @ w), 0.0))
        return estimate, error, float(2 * t.sf(abs(estimate) / error, self.df)) if error > 0 else math.nan

    def half_width(self, error: float, confidence: float = 0.95) -> float:
        """Of the interval that belongs to a standard error."""
        from scipy.stats import t

        return float(t.ppf((1 + confidence) / 2, self.df)) * error


def fit(y: Floats, fixed: Mapping[str, Floats], random: Mapping[str, Ints], start: Floats | None = None) -> Fit:
    """Fits the model. y: [rows]; fixed: columns by name; random: level (0..) of each row, by effect.

    A fixed column that the others already say is left out, with the reason.
    """
    from scipy.linalg import cho_factor, cho_solve, solve_triangular
    from scipy.optimize import minimize

    names, x, dropped = _independent(fixed, len(y))
    sizes = {name: int(levels.max()) + 1 for name, levels in random.items()}
    z = np.zeros((len(y), sum(sizes.values())))
    at, owner = 0, []
    for index, (name, levels) in enumerate(random.items()):
        z[np.arange(len(y)), at + levels] = 1.0
        owner += [index] * sizes[name]
        at += sizes[name]
    group = np.array(owner)
    zz, zx, zy, xx, xy, yy = z.T @ z, z.T @ x, z.T @ y, x.T @ x, x.T @ y, float(y @ y)
    rows, columns = len(y), x.shape[1]

    def solved(theta: Floats) -> tuple[float, Floats, Any, float]:
        scale = np.clip(theta, 0.0, LARGEST)[group]
        lower = np.linalg.cholesky(zz * np.outer(scale, scale) + np.eye(len(scale)))
        rx = solve_triangular(lower, scale[:, None] * zx, lower=True)
        ry = solve_triangular(lower, scale * zy, lower=True)
        factor = cho_factor(xx - rx.T @ rx)
        beta = cho_solve(factor, xy - rx.T @ ry)
        left = max(yy - float(ry @ ry) - float(beta @ (xy - rx.T @ ry)), 1e-12 * max(yy, 1.0))
        inside = 2 * float(np.log(np.diag(lower)).sum()) + 2 * float(np.log(np.diag(factor[0])).sum())
        return inside + (rows - columns) * math.log(left / (rows - columns)), beta, factor, left

    found = minimize(
        lambda theta: solved(theta)[0],
        np.full(len(random), 0.5) if start is None else start,
        method="Nelder-Mead",
        bounds=[(0.0, LARGEST)] * len(random),
        options={"xatol": 1e-3, "fatol": 1e-4, "maxiter": 400},
    )
    _, beta, factor, left = solved(found.x)
    noise = left / (rows - columns)
    deviations = {name: float(t) * math.sqrt(noise) for name, t in zip(random, found.x, strict=True)} | {"noise": math.sqrt(noise)}
    df = max(min(sizes.get("participant", rows), sizes.get("conversation", rows)) - 1, 1)
    covariance = noise * cho_solve(factor, np.eye(columns))
    return Fit(names, beta, covariance, df, deviations, bool(found.success), dropped, found.x)


def codes(values: Sequence[Any]) -> Ints:
    """Levels 0.. of values, in the order in which they first come."""
    known: dict[Any, int] = {}
    return np.array([known.setdefault(v, len(known)) for v in values], dtype=np.int64)


def of_ratings(
    y: Floats,
    participant: Sequence[Any],
    conversation: Sequence[Any],
    system: Sequence[str],
    more: Mapping[str, Floats] | None = None,
    start: Floats | None = None,
) -> Fit:
    """The planned model of one factor's ratings; fixed effects: `intercept`, each system but the first in the order given, `more`."""
    order = list(dict.fromkeys(system))
    said = np.array(system)
    fixed = {"intercept": np.ones(len(y))} | {s: (said == s).astype(float) for s in order[1:]} | dict(more or {})
    arms = list(zip(conversation, system, strict=True))
    random = {"participant": codes(participant), "conversation": codes(conversation), "arm": codes(arms)}
    return fit(y, fixed, random, start)


def _independent(fixed: Mapping[str, Floats], rows: int) -> tuple[tuple[str, ...], Floats, str]:
    """(names, columns, what was left out): those that add something to the ones before them."""
    kept: list[str] = []
    basis = np.zeros((rows, 0))
    for name, column in fixed.items():
        rest = column - basis @ (basis.T @ column)
        size = float(np.linalg.norm(rest))
        if size > 1e-8 * max(float(np.linalg.norm(column)), 1.0):
            kept.append(name)
            basis = np.column_stack([basis, rest / size])
    left = [name for name in fixed if name not in kept]
    reason = f"left out, since other columns say the same: {', '.join(left)}" if left else ""
    return tuple(kept), np.column_stack([fixed[name] for name in kept]), reason
