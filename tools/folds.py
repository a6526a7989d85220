"""What the trainers of the small models share: folds by group, a logistic regression, and the place in a page that they write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FOLDS = 5
Array = npt.NDArray[Any]


def by_group(groups: Sequence[str]) -> Array:
    """[n] fold of each row; a group is never parted."""
    order = {name: i % FOLDS for i, name in enumerate(sorted(set(groups)))}
    return np.array([order[g] for g in groups])


def balanced(labels: Array, power: float = 1.0) -> Array:
    """[n] weights of rows so that every class weighs the same; a lesser power goes only part of the way."""
    counts = np.bincount(labels).astype(float)
    weight = (len(labels) / np.maximum(1, counts)) ** power
    return np.asarray(weight[labels] / weight[labels].mean())


def weights(rows: Array, labels: Array, classes: int, *, strength: float, weight: Array | None = None) -> Array:
    """[features + 1, classes] that lessen strength x the weighted log loss + half the squared weights; the last row is the intercept."""
    from scipy.optimize import minimize

    rows = np.ascontiguousarray(rows, np.float32)
    n, width = rows.shape
    weight = np.ones(n) if weight is None else weight
    truth = np.zeros((n, classes))
    truth[np.arange(n), labels] = 1.0
    total = strength * weight.sum()

    def loss(flat: Array) -> tuple[float, Array]:
        w = flat.reshape(width + 1, classes)
        scores = (rows @ w[:-1].astype(np.float32)).astype(np.float64) + w[-1]
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        sums = powers.sum(axis=1, keepdims=True)
        lost = float((weight * (np.log(sums[:, 0]) - (scores * truth).sum(axis=1))).sum()) * strength
        miss = strength * weight[:, None] * (powers / sums - truth)
        slope = np.vstack([rows.T @ miss.astype(np.float32) + w[:-1], miss.sum(axis=0, keepdims=True)])
        return (lost + 0.5 * float((w[:-1] ** 2).sum())) / total, slope.ravel() / total

    done = minimize(loss, np.zeros((width + 1) * classes), jac=True, method="L-BFGS-B", options={"maxiter": 80, "ftol": 1e-5})
    return np.asarray(done.x.reshape(width + 1, classes), np.float32)


def write_section(page: Path, text: str) -> None:
    """Put text between the page's lines `<!-- figures -->` and `<!-- end of figures -->`."""
    before = page.read_text("utf-8")
    after, count = re.subn(r"(?<=<!-- figures -->\n).*(?=<!-- end of figures -->)", lambda _: text.strip() + "\n", before, flags=re.S)
    if count != 1:
        raise SystemExit(f"{page}: no place for the figures")
    page.write_text(after, "utf-8")
