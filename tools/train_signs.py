"""Learns the word weights of safety/signs.py from the crisis set's development part, and writes what they find into docs/signs.md.

Run by hand after the set changed: python tools/train_signs.py. Seconds. Figures are out of fold, folds by theme; the held-out part is not
read: it is for the last examination of a finished guard.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import folds
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from tidelab.analysis.safe import exact
from tidelab.safety import sets, signs

ROOT = Path(__file__).parents[1]
FOUND = 0.9
"""Share of plans and attempts that must be found out of fold: it sets the threshold."""
Array = npt.NDArray[Any]


def table(texts: list[str]) -> csr_matrix:
    """[texts, buckets] 1 + ln of how often each bucket occurs."""
    places = [signs.counts(t) for t in texts]
    at = [(i, place, 1 + np.log(n)) for i, found in enumerate(places) for place, n in found.items()]
    rows, columns, values = zip(*at, strict=True)
    return csr_matrix((values, (rows, columns)), shape=(len(texts), signs.BUCKETS))


def learn(rows: csr_matrix, labels: Array) -> tuple[Array, Array, float]:
    """Rarity (smoothed inverse document frequency) and weights of the buckets, intercept."""
    rarity = np.log((1 + rows.shape[0]) / (1 + np.asarray((rows > 0).sum(axis=0)).ravel())) + 1
    model = LogisticRegression(C=3.0, max_iter=3000, class_weight="balanced").fit(scaled(rows, rarity), labels)
    return rarity, model.coef_[0], float(model.intercept_[0])


def scaled(rows: csr_matrix, rarity: Array) -> csr_matrix:
    """Times rarity, and to length 1."""
    weighed = rows @ diags(rarity)
    return diags(1 / np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())) @ weighed


def main() -> None:
    """Learns, saves, and writes the page's figures."""
    told, kept = examine()
    np.savez_compressed(ROOT / "src/tidelab/safety/data/signs.npz", **kept)  # type: ignore[arg-type]
    folds.write_section(ROOT / "docs" / "signs.md", told)


def examine() -> tuple[str, dict[str, Any]]:
    """What is found out of fold, in words, and the weights learnt from everything."""
    cases = sets.crisis("development")
    texts = ["\n".join(m.text for m in c.messages if m.role == "person") for c in cases]
    stages = np.array([c.stage for c in cases])
    risky = np.array([c.stage != "none" or bool(c.dangers) for c in cases])
    ordinary = (ROOT / "tools" / "ordinary_comments.txt").read_text("utf-8").splitlines()
    fold = np.r_[folds.by_group([c.theme for c in cases]), np.arange(len(ordinary)) % folds.FOLDS]
    rows, risky = table([*texts, *ordinary]), np.r_[risky, np.zeros(len(ordinary), bool)]
    scores = np.zeros(len(fold))
    for k in range(folds.FOLDS):
        rarity, weights, intercept = learn(rows[fold != k], risky[fold != k])
        scores[fold == k] = scaled(rows[fold == k], rarity) @ weights + intercept
    grave = np.isin(stages, ("plan", "attempt"))
    threshold = float(np.quantile(scores[: len(texts)][grave], 1 - FOUND))
    rarity, weights, intercept = learn(rows, risky)
    kept = {"rarity": rarity.astype(np.float16), "weights": weights.astype(np.float16), "intercept": np.float32(intercept - threshold)}
    phrase = np.array([any(p.search(t.replace("’", "'")) for p in signs.SIGNS.values()) for t in [*texts, *ordinary]])
    return figures(stages, cases, phrase, phrase | (scores >= threshold)), kept


def figures(stages: Array, cases: list[sets.Crisis], phrase: Array, either: Array) -> str:
    """A table of shares, by stage and for what is none; the ordinary comments come after the cases."""
    more = len(phrase) - len(cases)
    stages = np.r_[stages, ["comment"] * more]
    danger = np.array([c.stage == "none" and bool(c.dangers) for c in cases] + [False] * more)
    near = np.array([c.near_miss is not None for c in cases] + [False] * more)
    none = (stages == "none") & ~danger
    groups = {
        "attempt": stages == "attempt",
        "plan": stages == "plan",
        "active thoughts": stages == "active",
        "passive wish": stages == "passive",
        "another danger": danger,
        "no sign, near miss (idiom, song, past, another's)": none & near,
        "no sign, a person who tells of trauma": none & ~near,
        "no sign, a comment on a reply": stages == "comment",
    }
    lines = ["| what the person shows | messages | found by phrases | by both | exact 95% interval |", "| --- |" + " --- |" * 4]
    for name, where in groups.items():
        n, hits = int(where.sum()), int(either[where].sum())
        low, high = exact(hits, n, 0.95)
        lines.append(f"| {name} | {n} | {phrase[where].mean():.0%} | {hits / n:.0%} | {low:.0%} to {high:.0%} |")
    today = datetime.date.today().isoformat()
    told = f"Out of fold by theme, {len(cases)} messages of the development part and tools/ordinary_comments.txt; learnt {today}."
    return "\n".join([*lines, "", told])


if __name__ == "__main__":
    main()
