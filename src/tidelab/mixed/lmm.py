"""Linear mixed model with crossed random intercepts, by REML.

y = X b + sum over factors of u_f[level] + e, with u_f ~ N(0, sd_f^2) and e ~ N(0, sd^2). The profiled REML criterion is that of Bates,
Maechler, Bolker & Walker (2015), equations 39-42, minimized over sd_f / sd >= 0. Degrees of freedom are Satterthwaite's as Kuznetsova,
Brockhoff & Christensen (2017) compute them. Held against R's lme4 and lmerTest to four digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tidelab.mixed.crossed import MOST_DENSE, Codes, Crossed, Factored, Floats, one_thread, told_apart

AT_ZERO = 1e-4  # a deviation below this share of the residual's is at its bound
LEAST = 0.1  # share of the model's own variance below which a robust one is not believed: a difference of sandwiches can fall below zero
FLAT = 1e-3  # largest slope of the criterion at which the search has arrived


@dataclass(frozen=True)
class Test:
    """A linear hypothesis: F (or t) with its degrees of freedom; NaN with a reason where it can't be tested."""

    estimate: float  # of the contrast; NaN where there is more than one
    se: float
    statistic: float  # t of one contrast, F of several
    df1: float
    df2: float
    p: float
    reason: str = ""

    @property
    def f(self) -> float:
        """F, which for one contrast is the square of t."""
        return self.statistic if math.isnan(self.estimate) else self.statistic**2


@dataclass(frozen=True)
class Lmm:
    """A fitted model. `converged` False never comes with numbers that look like an answer: `reason` says what is wrong."""

    names: tuple[str, ...]
    estimates: Floats
    covariance: Floats
    deviations: Mapping[str, float]  # factor -> standard deviation of its intercepts
    residual: float  # standard deviation
    criterion: float  # -2 restricted log-likelihood
    rows: int
    levels: Mapping[str, int]
    converged: bool
    slope: float  # largest slope of the criterion at the optimum, bounds respected
    notes: tuple[str, ...] = ()
    reason: str = ""
    _of_variances: Floats | None = None  # covariance of the free variance parameters
    _jacobian: tuple[Floats, ...] = ()  # of `covariance` by those
    clusters: int = 0  # of a robust covariance (`robustly`), which then gives the degrees of freedom; 0: the model's own

    def test(self, contrasts: Floats) -> Test:
        """Test contrasts [k, coefficients] against zero together: t for one, F for more."""
        from scipy.stats import f as f_distribution

        contrasts = np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
        if not self.converged:
            return Test(math.nan, math.nan, math.nan, len(contrasts), math.nan, math.nan, self.reason)
        estimate = contrasts @ self.estimates
        values, vectors = np.linalg.eigh(contrasts @ self.covariance @ contrasts.T)
        kept = values > 1e-10 * max(float(values.max()), 1e-300)
        directions, size = vectors.T[kept] @ contrasts, int(kept.sum())
        if not size:
            return Test(math.nan, math.nan, math.nan, len(contrasts), math.nan, math.nan, "the contrast has no variance")
        t = (directions @ self.estimates) / np.sqrt(values[kept])
        freedom = np.array([self._freedom(d) for d in directions])
        statistic = float((t**2).mean())
        if self.clusters and self.clusters <= size:
            reason = f"{self.clusters} clusters are too few to test {size} differences together"
            return Test(math.nan, math.nan, math.nan, size, math.nan, math.nan, reason)
        if self.clusters and size > 1:  # Hotelling: a sandwich of few clusters is too sure of itself
            statistic, df2 = statistic * (self.clusters - size) / (self.clusters - 1), float(self.clusters - size)
        elif size == 1:
            df2 = float(freedom[0])
        else:
            expected = float(np.where(freedom > 2, freedom / np.maximum(freedom - 2, 1e-9), 0.0).sum())
            df2 = 2 * expected / (expected - size) if expected > size else float(freedom.min())
        p = float(f_distribution.sf(statistic, size, df2))
        if len(contrasts) > 1:
            return Test(math.nan, math.nan, statistic, size, df2, p)
        return Test(
            float(estimate[0]), math.sqrt(float(values[kept][0])), float(estimate[0]) / math.sqrt(float(values[kept][0])), 1, df2, p
        )

    def interval(self, contrast: Floats, confidence: float) -> tuple[float, float, float]:
        """Estimate and ends of the t interval of one contrast."""
        from scipy.stats import t as t_distribution

        found = self.test(contrast)
        half = float(t_distribution.ppf((1 + confidence) / 2, found.df2)) * found.se if self.converged else math.nan
        return found.estimate, found.estimate - half, found.estimate + half

    def _freedom(self, contrast: Floats) -> float:
        residual = float(self.rows - len(self.names))
        if self.clusters:
            return min(self.clusters - 1.0, residual)
        if self._of_variances is None:
            return residual
        slopes = np.array([contrast @ j @ contrast for j in self._jacobian])
        spread = float(slopes @ self._of_variances @ slopes)
        variance = float(contrast @ self.covariance @ contrast)
        return min(max(2 * variance**2 / spread, 1.0), residual) if spread > 0 else residual


@one_thread
def lmm(y: Floats, x: Floats, names: Sequence[str], factors: Mapping[str, Codes], *, robust: tuple[Codes, Codes] | None = None) -> Lmm:
    """Fit. y: [rows]; x: [rows, coefficients] of full rank; factors: name -> codes from 0 [rows].

    robust: two crossed groupings of the rows. The coefficients' covariance is then that of sums over both (Cameron, Gelbach & Miller 2011),
    which holds whatever else rows of one group share, and degrees of freedom are those of the grouping with fewer groups.

    A factor that can't be told from the mean, the residual or another factor is left out and `notes` says so.
    """
    usable, notes = told_apart(factors)
    crossed = Crossed(list(usable.values()))
    crossed.rows = len(y)
    levels_of = {name: int(codes.max()) + 1 for name, codes in usable.items()}
    reason = ""
    if len(y) <= x.shape[1] + 1:
        reason = f"{len(y)} ratings are too few for {x.shape[1]} coefficients"
    elif np.ptp(y) <= 1e-12 * max(1.0, float(np.abs(y).max())):
        reason = "every value is the same"
    elif crossed.dense > MOST_DENSE:
        reason = f"the smaller factors have {crossed.dense:,} levels together; at most {MOST_DENSE:,} are fitted"
    if not reason:
        search = _Criterion(y, x, crossed)
        if search.perfect:
            reason = "the fixed effects explain every value: nothing is left to judge them by"
    if reason:
        nan = np.full(x.shape[1], np.nan)
        none = dict.fromkeys(levels_of, math.nan)
        return Lmm(tuple(names), nan, np.diag(nan), none, math.nan, math.nan, len(y), levels_of, False, math.nan, tuple(notes), reason)
    fit = _fitted(search, names, list(usable), levels_of, notes)
    return _robustly(fit, search, y, x, robust) if robust and fit.converged else fit


def _robustly(fit: Lmm, search: _Criterion, y: Floats, x: Floats, robust: tuple[Codes, Codes]) -> Lmm:
    """The fit with a covariance by two crossed groupings."""
    theta = np.array([fit.deviations[list(fit.levels)[k]] / fit.residual for k in search.crossed.order])
    weighed = search.weighed(x, theta) * (y - x @ fit.estimates)[:, None]
    one, other = robust
    both = np.unique(one * (int(other.max()) + 1) + other, return_inverse=True)[1]
    meat = spread_of(weighed, one) + spread_of(weighed, other) - spread_of(weighed, both)
    bread = fit.covariance / fit.residual**2
    return replace(fit, covariance=at_least(bread @ meat @ bread, LEAST * fit.covariance), clusters=1 + min(int(c.max()) for c in robust))


def spread_of(rows: Floats, groups: Codes) -> Floats:
    """Outer products of the groups' sums of rows [rows, k], with the correction for few groups: the inside of a sandwich."""
    size = int(groups.max()) + 1
    sums = np.stack([np.bincount(groups, column, size) for column in rows.T], axis=1)
    return np.asarray(size / max(size - 1, 1) * sums.T @ sums)


def at_least(covariance: Floats, floor: Floats) -> Floats:
    """The covariance, raised in the directions in which it lies below the positive definite `floor`."""
    root = np.linalg.cholesky(floor)
    inverse = np.linalg.inv(root)
    values, vectors = np.linalg.eigh(inverse @ covariance @ inverse.T)
    turned = root @ vectors
    return np.asarray((turned * np.maximum(values, 1.0)) @ turned.T)


class _Criterion:
    """The profiled REML criterion as a function of theta = sd_f / sd, factors in the order of `Crossed`."""

    def __init__(self, y: Floats, x: Floats, crossed: Crossed) -> None:
        self.crossed, self.n, self.p = crossed, len(y), x.shape[1]
        self.center = float(y.mean())
        both = np.column_stack([x, y])
        self.within = both.T @ both
        self.sums = crossed.sums(both)
        self.gram = crossed.gram(np.ones(len(y)))
        left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        self.perfect = float(left @ left) <= 1e-20 * float(y @ y)

    def at(self, theta: Floats) -> tuple[float, Floats, Floats, float]:
        """(log det A + log det of the information, coefficients, information / sd^-2, residual sum of squares)."""
        scale = self.crossed.repeat(theta)
        factored = Factored(self.crossed, self.gram, scale)
        scaled = scale[:, None] * self.sums
        reduced = self.within - scaled.T @ factored.solve(scaled)
        information, right = reduced[: self.p, : self.p], reduced[: self.p, self.p]
        root = np.linalg.cholesky(information)
        half = np.linalg.solve(root, right)
        squares = float(reduced[self.p, self.p] - half @ half)
        coefficients = np.linalg.solve(root.T, half)
        return factored.logdet + 2 * float(np.log(np.diag(root)).sum()), coefficients, information, squares

    def weighed(self, x: Floats, theta: Floats) -> Floats:
        """V^-1 x sd^2 [rows, coefficients] for V the rows' covariance."""
        scale = self.crossed.repeat(theta)
        inner = scale[:, None] * Factored(self.crossed, self.gram, scale).solve(scale[:, None] * self.sums[:, : self.p])
        return np.asarray(x - np.stack([self.crossed.spread(column) for column in inner.T], axis=1))

    def profiled(self, theta: Floats) -> float:
        logdet, _, _, squares = self.at(theta)
        freedom = self.n - self.p
        return float(logdet + freedom * (1 + math.log(2 * math.pi * max(squares, 1e-300) / freedom)))

    def full(self, theta: Floats, sd: float) -> float:
        logdet, _, _, squares = self.at(theta)
        return float(logdet + squares / sd**2 + (self.n - self.p) * math.log(2 * math.pi * sd**2))


def _fitted(search: _Criterion, names: Sequence[str], factors: list[str], levels: Mapping[str, int], notes: list[str]) -> Lmm:
    theta, slope, moved = _minimize(search)
    _, coefficients, information, squares = search.at(theta)
    residual = math.sqrt(squares / (search.n - search.p))
    covariance: Floats = np.asarray(residual**2 * np.linalg.inv(information), dtype=np.float64)
    deviations = {factors[k]: float(theta[i] * residual) for i, k in enumerate(search.crossed.order)}
    notes += [f"the intercepts of {name} do not vary (deviation at its bound, zero)" for name, sd in deviations.items() if sd == 0]
    reason = "" if slope < FLAT else f"the search for the variances did not arrive (slope {slope:.2g} after {moved} steps)"
    of_variances, jacobian = _satterthwaite(search, theta, residual) if not reason else (None, ())
    return Lmm(
        tuple(names),
        coefficients,
        covariance,
        {name: deviations[name] for name in factors},
        residual,
        search.profiled(theta),
        search.n,
        levels,
        not reason,
        slope,
        tuple(notes),
        reason,
        of_variances,
        jacobian,
    )


def _minimize(search: _Criterion) -> tuple[Floats, float, int]:
    """Bounded quasi-Newton over the variance ratios theta^2, whose slope at zero says whether zero is the minimum; then Newton steps."""
    from scipy.optimize import minimize

    size = len(search.crossed.sizes)
    if not size:
        return np.zeros(0), 0.0, 0
    found = minimize(
        lambda ratios: search.profiled(np.sqrt(np.maximum(ratios, 0.0))),
        np.ones(size),
        method="L-BFGS-B",
        bounds=[(0.0, None)] * size,
        options={"ftol": 1e-14, "gtol": 1e-7},
    )
    theta, steps, slope = np.sqrt(np.maximum(found.x, 0.0)), int(found.nit), math.inf
    for _ in range(12):
        for k in np.flatnonzero((theta > 0) & (theta < 0.05)):
            at_zero = theta.copy()
            at_zero[k] = 0.0
            if search.profiled(at_zero) <= search.profiled(theta) + 1e-9:
                theta = at_zero
        free = np.flatnonzero(theta > AT_ZERO)
        gradient, hessian = _derivatives(lambda part, theta=theta, free=free: search.profiled(_put(theta, free, part)), theta[free], 1e-4)
        slope = float(np.abs(gradient).max()) if len(free) else 0.0
        if slope < 1e-5 or not len(free):
            break
        try:
            step = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break
        candidate = _put(theta, free, np.maximum(theta[free] - step, 0.0))
        if search.profiled(candidate) > search.profiled(theta) + 1e-9:
            break
        theta, steps = candidate, steps + 1
    theta[theta <= AT_ZERO] = 0.0
    for k in np.flatnonzero(theta == 0):
        if search.profiled(_put(theta, np.array([k]), np.array([0.02]))) < search.profiled(theta) - 1e-6:
            slope = math.inf  # zero is no minimum
    return theta, slope, steps


def _put(theta: Floats, where: Codes, values: Floats) -> Floats:
    changed = theta.copy()
    changed[where] = values
    return changed


def _derivatives(function, point: Floats, step: float) -> tuple[Floats, Floats]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Gradient and Hessian by central differences; steps grow with the point."""
    size, steps = len(point), step * np.maximum(np.abs(point), 0.1)
    unit = np.diag(steps)
    middle = function(point)
    up = np.array([function(point + u) for u in unit])
    down = np.array([function(point - u) for u in unit])
    gradient = (up - down) / (2 * steps)
    hessian = np.zeros((size, size))
    for i in range(size):
        hessian[i, i] = (up[i] - 2 * middle + down[i]) / steps[i] ** 2
        for j in range(i):
            corners = sum(s * t * function(point + s * unit[i] + t * unit[j]) for s in (1, -1) for t in (1, -1))
            hessian[i, j] = hessian[j, i] = corners / (4 * steps[i] * steps[j])
    return gradient, hessian


def _satterthwaite(search: _Criterion, theta: Floats, residual: float) -> tuple[Floats | None, tuple[Floats, ...]]:
    """Covariance of (theta free of its bound, sd) and the Jacobian of the coefficients' covariance by them."""
    free = np.flatnonzero(theta > 0)
    point = np.append(theta[free], residual)

    def covariance(at: Floats) -> Floats:
        return np.asarray(at[-1] ** 2 * np.linalg.inv(search.at(_put(theta, free, at[:-1]))[2]))

    _, hessian = _derivatives(lambda at: search.full(_put(theta, free, at[:-1]), float(at[-1])), point, 1e-3)
    values, vectors = np.linalg.eigh(hessian)
    if values.min() <= 1e-8 * values.max():
        return None, ()
    steps = 1e-4 * np.maximum(np.abs(point), 0.1)
    jacobian = tuple(
        (covariance(point + unit) - covariance(point - unit)) / (2 * step) for unit, step in zip(np.diag(steps), steps, strict=True)
    )
    return np.asarray(2 * (vectors / values) @ vectors.T), jacobian
