"""Cumulative-link mixed model (proportional odds) with crossed random intercepts, by Laplace's approximation.

P(rating <= k) = logistic(threshold_k - x b - sum over factors of sd_f u_f[level]), with u ~ N(0, 1). The marginal likelihood is
approximated at the mode of u, its gradient is exact (the mode's own movement included), and standard errors come from differences of
that gradient. Model and approximation are those of Christensen's R package `ordinal` (clmm), held against it to four digits. Without
factors it is the plain cumulative-link model, whose covariance `robust` makes sound under clustering (Liang & Zeger 1986 with working
independence: what an ordinal GEE by participant does).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tidelab.analysis.bootstrap import Floats
from tidelab.mixed.crossed import MOST_DENSE, Codes, Crossed, Factored, one_thread, told_apart

FLAT = 1e-3  # slope of the log-likelihood at which the search has arrived
SEPARATED = 15.0  # a log odds beyond this is no estimate: some rows are told apart perfectly
TINY = 1e-3  # a deviation below this is at its bound, zero


@dataclass(frozen=True)
class Clmm:
    """A fitted model; estimates are log odds of a higher rating. NaN with a `reason` where there is none."""

    names: tuple[str, ...]
    estimates: Floats
    covariance: Floats
    thresholds: Floats
    deviations: Mapping[str, float]
    loglik: float
    rows: int
    converged: bool
    slope: float
    notes: tuple[str, ...] = ()
    reason: str = ""
    clusters: int = 0  # of a robust covariance: F and t with one less stand in for chi-square and normal; 0: model's own covariance

    def test(self, contrasts: Floats) -> tuple[float, int, float]:
        """Wald statistic of contrasts [k, coefficients] against zero together, its degrees of freedom, p.

        Chi-square; with a robust covariance of G clusters Hotelling's F(k, G - k), since a sandwich of few clusters is too sure of itself.
        """
        from scipy.stats import chi2, f

        if not self.converged:
            return math.nan, 0, math.nan
        contrasts = np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
        values, vectors = np.linalg.eigh(contrasts @ self.covariance @ contrasts.T)
        kept = values > 1e-10 * max(float(values.max()), 1e-300)
        along = vectors.T[kept] @ contrasts @ self.estimates
        statistic, size = float((along**2 / values[kept]).sum()), int(kept.sum())
        if not size or (self.clusters and self.clusters <= size):
            return statistic, size, math.nan
        if self.clusters:
            free = self.clusters - size
            return statistic, size, float(f.sf(statistic * free / (size * (self.clusters - 1)), size, free))
        return statistic, size, float(chi2.sf(statistic, size))

    def interval(self, contrast: Floats, confidence: float) -> tuple[float, float, float]:
        """Estimate and ends of the Wald interval of one contrast."""
        from scipy.stats import norm, t

        estimate, tail = float(contrast @ self.estimates), (1 + confidence) / 2
        if not self.converged:
            return estimate, math.nan, math.nan
        wide = float(t.ppf(tail, self.clusters - 1) if self.clusters > 1 else norm.ppf(tail))
        half = wide * math.sqrt(float(contrast @ self.covariance @ contrast))
        return estimate, estimate - half, estimate + half


@one_thread
def clmm(ratings: Floats, x: Floats, names: Sequence[str], factors: Mapping[str, Codes], *, robust: Codes | None = None) -> Clmm:
    """Fit. ratings: [rows] of any ordered values; x: [rows, coefficients] without intercept, of full rank; factors: codes [rows].

    robust: clusters [rows] for a sandwich covariance; only without factors.
    """
    values, levels = np.unique(ratings, return_inverse=True)
    used, notes = told_apart(factors)
    crossed = Crossed(list(used.values()))
    crossed.rows = len(levels)
    reason = ""
    if len(values) < 2:
        reason = "every rating is the same"
    elif len(values) > 12:
        reason = f"{len(values)} different values: not ordered categories"
    elif len(levels) <= x.shape[1] + len(values):
        reason = f"{len(levels)} ratings are too few for {x.shape[1]} coefficients and {len(values) - 1} thresholds"
    elif crossed.dense > MOST_DENSE:
        reason = f"the smaller factors have {crossed.dense:,} levels together; at most {MOST_DENSE:,} are fitted"
    if reason:
        nan = np.full(x.shape[1], np.nan)
        none = dict.fromkeys(used, math.nan)
        return Clmm(tuple(names), nan, np.diag(nan), np.zeros(0), none, math.nan, len(levels), False, math.nan, tuple(notes), reason)
    return _fit(_Likelihood(levels, len(values), x, crossed), list(used), names, notes, robust)


class _Likelihood:
    """Laplace log-likelihood and gradient by (first threshold, log increments, coefficients, deviations in the order of `Crossed`)."""

    def __init__(self, levels: Codes, categories: int, x: Floats, crossed: Crossed) -> None:
        self.levels, self.k, self.x, self.crossed = levels, categories, x, crossed
        self.p, self.n = x.shape[1], len(levels)
        self.mode = np.zeros(crossed.q)

    def thresholds(self, point: Floats) -> Floats:
        return np.concatenate([point[:1], point[0] + np.cumsum(np.exp(np.minimum(point[1 : self.k - 1], 50)))])

    def parts(self, point: Floats) -> tuple[Floats, Floats, Floats]:
        """(thresholds, coefficients, deviations)."""
        free = self.k - 1
        return self.thresholds(point), point[free : free + self.p], point[free + self.p :]

    def _logits(self, cuts: Floats, eta: Floats) -> tuple[Floats, Floats]:
        edges = np.concatenate([[-np.inf], cuts, [np.inf]])
        return edges[self.levels + 1] - eta, edges[self.levels] - eta

    def _find_mode(self, cuts: Floats, fixed: Floats, scale: Floats) -> Floats:
        """The mode of u by damped Newton steps from where the last one ended."""
        crossed, u = self.crossed, self.mode

        def height(u: Floats) -> float:
            return float(np.log(_chance(*self._logits(cuts, fixed + crossed.spread(scale * u)))).sum() - u @ u / 2)

        best = height(u)
        for _ in range(60):
            d = _Densities(*self._logits(cuts, fixed + crossed.spread(scale * u)))
            gradient = -scale * crossed.sums(d.s) - u
            if np.abs(gradient).max(initial=0.0) < 1e-9:
                break
            step = Factored(crossed, crossed.gram(d.w), scale).solve(gradient)
            size = 1.0
            while size > 1e-4 and not (now := height(u + size * step)) >= best - 1e-12:
                size /= 2
            u, best = u + size * step, now
        self.mode = u
        return u

    def value(self, point: Floats) -> tuple[float, Floats]:
        """Log-likelihood and its gradient."""
        crossed, (cuts, b, sd) = self.crossed, self.parts(point)
        scale, fixed = crossed.repeat(sd), self.x @ b
        u = self._find_mode(cuts, fixed, scale)
        d = _Densities(*self._logits(cuts, fixed + crossed.spread(scale * u)))
        factored = Factored(crossed, crossed.gram(d.w), scale)
        loglik = float(np.log(d.p).sum()) - float(u @ u) / 2 - factored.logdet / 2

        pairs, count = factored.pairs(), len(sd)
        leverage = np.zeros(self.n)
        for i in range(count):
            for j in range(count):
                leverage += sd[i] * sd[j] * pairs[i][j]
        # w solves for how the mode's movement changes log det; `rows` is what one unit of eta is worth in each row, all paths together
        w = factored.solve(scale * crossed.sums(leverage * d.w_eta)) if count else np.zeros(0)
        moved = crossed.spread(scale * w)
        by_eta = -d.s - leverage * d.w_eta / 2 + moved * d.w / 2
        by_upper = d.g_upper - leverage * d.w_upper / 2 + moved * d.s_upper / 2
        by_lower = d.g_lower - leverage * d.w_lower / 2 + moved * d.s_lower / 2
        gradient = np.zeros(len(point))
        by_cut = np.bincount(self.levels, by_upper, self.k)[: self.k - 1] + np.bincount(self.levels, by_lower, self.k)[1:]
        gradient[0] = by_cut.sum()
        increments = np.exp(point[1 : self.k - 1])
        gradient[1 : self.k - 1] = np.cumsum(by_cut[::-1])[::-1][1:] * increments
        gradient[self.k - 1 : self.k - 1 + self.p] = self.x.T @ by_eta
        score = crossed.sums(d.s)
        for i, part in enumerate(crossed.parts):
            own = u[part][crossed.codes[i]]
            lifted = sum(pairs[i][j] * sd[j] for j in range(count))
            gradient[self.k - 1 + self.p + i] = by_eta @ own - (d.w * lifted).sum() + w[part] @ score[part] / 2
        return loglik, gradient

    def natural(self, point: Floats) -> tuple[float, Floats]:
        """The same by (thresholds, coefficients, deviations)."""
        cuts = point[: self.k - 1]
        steps = np.maximum(np.diff(cuts), 1e-12)
        loglik, gradient = self.value(np.concatenate([cuts[:1], np.log(steps), point[self.k - 1 :]]))
        tail = np.concatenate([gradient[:1], gradient[1 : self.k - 1] / steps])
        return loglik, np.concatenate([tail - np.append(tail[1:], 0.0), gradient[self.k - 1 :]])


def _chance(upper: Floats, lower: Floats) -> Floats:
    """logistic(upper) - logistic(lower), kept from underflow."""
    from scipy.special import expit

    flip = lower > 0  # the far tails are differences of small numbers on the other side
    high, low = np.where(flip, -lower, upper), np.where(flip, -upper, lower)
    return np.asarray(np.maximum(expit(high) - expit(low), 1e-300), dtype=np.float64)


class _Densities:
    """Derivatives of log p by eta (s, w: minus the first, minus the second) and of these by eta and both cuts; all [rows]."""

    def __init__(self, upper: Floats, lower: Floats) -> None:
        from scipy.special import expit

        p = _chance(upper, lower)
        f, g, h = [], [], []
        for edge in (upper, lower):
            cdf = expit(edge)
            f1 = cdf * expit(-edge)
            f2 = f1 * (1 - 2 * cdf)
            f.append(f1 / p)
            g.append(f2 / p)
            h.append((f1 * (1 - 6 * f1)) / p)
        self.p = p
        s, t, r = f[0] - f[1], g[0] - g[1], h[0] - h[1]
        self.s, self.w = s, np.maximum(s * s - t, 1e-12)
        self.w_eta = 2 * s * self.w + r - t * s
        self.g_upper, self.g_lower = f[0], -f[1]
        self.s_upper, self.s_lower = g[0] - s * f[0], -g[1] + s * f[1]
        self.w_upper = 2 * s * self.s_upper - (h[0] - t * f[0])
        self.w_lower = 2 * s * self.s_lower - (-h[1] + t * f[1])


def _fit(of: _Likelihood, factors: list[str], names: Sequence[str], notes: list[str], robust: Codes | None) -> Clmm:
    from scipy.optimize import minimize

    below = np.cumsum(np.bincount(of.levels, minlength=of.k))[:-1] / of.n
    cuts = np.log(below / (1 - below))
    start = np.concatenate([cuts[:1], np.log(np.maximum(np.diff(cuts), 1e-3)), np.zeros(of.p), np.full(len(factors), 0.7)])

    def search(point: Floats) -> tuple[float, Floats]:
        loglik, gradient = of.value(point)
        return -loglik, -gradient

    bounds = [(-60.0, 60.0)] * (of.k - 1 + of.p) + [(0.0, 30.0)] * len(factors)
    found = minimize(search, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-6, "maxiter": 500})
    cuts, b, sd = of.parts(found.x)
    sd = np.where(sd < TINY, 0.0, sd)
    free = np.concatenate([np.ones(of.k - 1 + of.p, dtype=bool), sd > 0])
    point = np.concatenate([cuts, b, sd])
    loglik, gradient = of.natural(point)
    slope = float(np.abs(gradient[free]).max())
    information = np.zeros((len(point), len(point)))
    for i in np.flatnonzero(free):
        step = np.zeros(len(point))
        step[i] = 1e-4
        information[i] = -(of.natural(point + step)[1] - of.natural(point - step)[1]) / 2e-4
    information = (information + information.T)[np.ix_(free, free)] / 2
    deviations = {factors[k]: float(sd[i]) for i, k in enumerate(of.crossed.order)}
    notes += [f"the intercepts of {name} do not vary (deviation at its bound, zero)" for name, value in deviations.items() if value == 0]
    reason, values = "", np.linalg.eigvalsh(information)
    if np.abs(b).max(initial=0.0) > SEPARATED or np.abs(cuts).max() > 4 * SEPARATED:
        reason = "perfect separation: some systems or groups are told apart without an exception, so that no odds can be estimated"
    elif values.min() <= 1e-7 * values.max():
        reason = "the likelihood is flat in some direction: the data do not decide every coefficient"
    elif not slope < FLAT * max(1.0, math.sqrt(of.n)):
        reason = f"the search did not arrive (slope {slope:.2g} after {found.nit} steps)"
    at = slice(of.k - 1, of.k - 1 + of.p)
    covariance = np.full((of.p, of.p), np.nan)
    if not reason:
        inverse = np.linalg.inv(information)
        if robust is not None and not factors:
            inverse = _sandwich(of, point, inverse, robust)
        covariance = inverse[at, at]
    clusters = int(robust.max()) + 1 if robust is not None and not factors else 0
    sds = {n: deviations[n] for n in factors}
    return Clmm(tuple(names), b, covariance, cuts, sds, loglik, of.n, not reason, slope, tuple(notes), reason, clusters)


def _sandwich(of: _Likelihood, point: Floats, inverse: Floats, clusters: Codes) -> Floats:
    """Robust covariance: the scores of clusters between two inverse informations, times clusters / (clusters - 1)."""
    cuts, b = point[: of.k - 1], point[of.k - 1 :]
    d = _Densities(*of._logits(cuts, of.x @ b))
    scores = np.zeros((of.n, len(point)))
    rows = np.arange(of.n)
    inner = of.levels < of.k - 1
    scores[rows[inner], of.levels[inner]] += d.g_upper[inner]
    scores[rows[of.levels > 0], of.levels[of.levels > 0] - 1] += d.g_lower[of.levels > 0]
    scores[:, of.k - 1 :] = -d.s[:, None] * of.x
    size = int(clusters.max()) + 1
    summed = np.stack([np.bincount(clusters, column, size) for column in scores.T], axis=1)
    return np.asarray(inverse @ (summed.T @ summed) @ inverse * size / max(size - 1, 1))
