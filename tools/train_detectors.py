"""Learns the detectors of the safety axes, writes their weights, and writes what they find out of fold into docs/metrics/safety.md.

Run by hand after the labels, the cues or the encoder changed: python tools/train_detectors.py. Some minutes on two cores.
Folds are by theme of the pairs and by persona of the sample; the two share none. Thresholds come from the other folds' as well.
"""

from __future__ import annotations

import datetime
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folds
import numpy as np

from tidelab.analysis.safe import exact
from tidelab.corpus import sample
from tidelab.safety import detect, sets
from tidelab.safety.axes import NAMES, SERIOUS
from tidelab.text import acts, encoder, small_model, wording
from tidelab.text.acts import Cut, cut

ROOT = Path(__file__).parents[1]
VERSION = "1"
OVERLAP = 12
"""Characters that a sentence must share with a labelled span to count as breaking, less for a shorter span."""
WEIGHT = 6.0
"""Of a sentence that breaks against one that does not: one in ten does."""
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rows:
    """Pairs first, then the sample's replies."""

    persons: list[str]
    replies: list[str]
    breaks: list[dict[str, str]]
    fold: Array
    risks: list[str]
    pairs: int


def rows() -> Rows:
    """All labelled replies with their fold."""
    pairs = sets.pairs()
    by_id = {c.conversation_id: c for c in sample.load()[2]}
    contrast = {(c.conversation_id, c.kind): c.text for c in sample.contrasts()}
    labels = sample.labels()
    texts = [by_id[x.conversation_id].chatbot if x.kind == "reference" else contrast[x.conversation_id, x.kind] for x in labels]
    breaks = [{axis: p.spans.get(axis, "") for axis in p.breaks} for p in pairs] + [dict(x.settled.breaks) for x in labels]
    persons = [p.person for p in pairs] + [by_id[x.conversation_id].person for x in labels]
    fold = [*folds.by_group([p.theme for p in pairs]), *folds.by_group([by_id[x.conversation_id].persona_id for x in labels])]
    risk_of = {s.scenario_id: s.risk for s in sample.load()[1]}
    risks = [""] * len(pairs) + [str(risk_of[by_id[x.conversation_id].scenario_id]) if x.kind == "reference" else "" for x in labels]
    return Rows(persons, [p.reply for p in pairs] + texts, breaks, np.array(fold), risks, len(pairs))


def sentence_labels(made: Cut, breaks: list[dict[str, str]], replies: list[str]) -> Array:
    """[sentences] 0 for none, else 1 + the axis whose labelled span the sentence shares."""
    out = []
    for some, broken, reply in zip(made.replies, breaks, replies, strict=True):
        places = [(1 + NAMES.index(axis), reply.find(span), len(span)) for axis, span in broken.items() if span]
        for s in some:
            shared = [(min(s.end, at + size) - max(s.start, at), size, axis) for axis, at, size in places if at >= 0]
            out.append(max((x for x in shared if x[0] >= min(OVERLAP, x[1])), default=(0, 0, 0))[2])
    return np.array(out)


def risk_rows(data: Rows, made: Cut) -> tuple[Array, Array, Array, Array]:
    """Messages of the crisis set's development part with whether they show risk; and of our rows those of which the labels tell it."""
    crisis = sets.crisis("development")
    texts = ["\n".join(m.text for m in c.messages if m.role == "person") for c in crisis]
    theirs = wording.features(texts, encoder.load(encoder.DEFAULT).encode(texts).vectors.numpy())
    risky = np.array([c.stage != "none" or bool(c.dangers) for c in crisis], int)
    known = np.full(len(data.persons), -1)
    for i, broken in enumerate(data.breaks):
        known[i] = (
            1
            if "crisis_passed_over" in broken
            else 0
            if i >= data.pairs or {"misplaced_crisis_resources", "memory_as_live"} & set(broken)
            else -1
        )
    return theirs, risky, detect.person_rows(made, data.persons), known


class Trainer:
    """Fits both stages on any part of the rows."""

    def __init__(self, data: Rows) -> None:
        self.data, self.made = data, cut(data.persons, data.replies)
        self.labels = sentence_labels(self.made, data.breaks, data.replies)
        self.broken = np.array([[axis in b for axis in NAMES] for b in data.breaks])
        self.crisis, self.risky, self.persons, self.known = risk_rows(data, self.made)

    def first(self, part: Array) -> tuple[Array, Array]:
        """Weights of the sentences' stage and of the person's risk, learnt from the rows of a mask."""
        chosen = part[self.made.owner]
        weight = np.where(self.labels[chosen] == 0, 1.0, WEIGHT)
        first = folds.weights(self.made.rows[chosen], self.labels[chosen], 1 + len(NAMES), strength=0.3, weight=weight)
        told = part & (self.known >= 0)
        rows, labels = np.vstack([self.crisis, self.persons[told]]), np.r_[self.risky, self.known[told]]
        return first, folds.weights(rows, labels, 2, strength=0.5, weight=folds.balanced(labels))

    def read(self, first: Array, risk: Array) -> Array:
        """[rows, features] of the second stage, for all rows."""
        odds = detect.sentence_odds(self.made.rows @ first[:-1] + first[-1])
        at_risk = np.diff(self.persons @ risk[:-1] + risk[-1], axis=1)[:, 0]
        return detect.reply_rows(self.made, odds, at_risk, self.data.persons)

    def second(self, rows: Array, part: Array) -> Array:
        """[features + 1, 13] weights of the replies' stage."""
        both = [
            folds.weights(rows[part], self.broken[part, a].astype(int), 2, strength=STRENGTH, weight=self.weight(part, a))
            for a in range(len(NAMES))
        ]
        return np.stack([w[:, 1] - w[:, 0] for w in both], axis=1)

    def placed(self, rows: Array, part: Array) -> Array:
        """`second` with its intercepts moved so that 0 is the threshold, which the part's own folds tell on pairs."""
        cross = np.zeros((len(part), len(NAMES)), np.float32)
        for j in range(folds.FOLDS):
            held = part & (self.data.fold == j)
            if held.any():
                w = self.second(rows, part & ~held)
                cross[held] = rows[held] @ w[:-1] + w[-1]
        pairs = part & (np.arange(len(part)) < self.data.pairs)
        made = self.second(rows, part)
        made[-1] -= [threshold(cross[pairs, a], self.broken[pairs, a]) for a in range(len(NAMES))]
        return made

    def weight(self, part: Array, axis: int) -> Array:
        """Rows that break count four times; the sample's replies half."""
        return np.where(self.broken[part, axis], 4.0, 1.0) * np.where(np.arange(len(part))[part] < self.data.pairs, 1.0, 0.5)


STRENGTH = 0.1


def threshold(scores: Array, broken: Array) -> float:
    """The score from which on the lesser of precision and recall is greatest."""
    order = np.argsort(-scores)
    hits = np.cumsum(broken[order])
    least = np.minimum(hits / np.arange(1, len(hits) + 1), hits / max(1, broken.sum()))
    best = int(least.argmax())
    return float((scores[order[best]] + scores[order[min(best + 1, len(order) - 1)]]) / 2)


def train(trainer: Trainer) -> dict[str, Array]:
    """Arrays [1 + folds, ...] for the .npz. The replies' stage learns from sentences' odds out of fold, as stacking does."""
    fold, n = trainer.data.fold, len(trainer.data.replies)
    first, rows = [], np.zeros((0, 0))
    for k in range(folds.FOLDS):
        first.append(trainer.first(fold != k))
        read = trainer.read(*first[-1])
        rows = rows if rows.size else np.zeros_like(read)
        rows[fold == k] = read[fold == k]
        print("fold", k, "done", flush=True)
    first.insert(0, trainer.first(np.ones(n, bool)))
    second = [trainer.placed(rows, fold != k) for k in (None, *range(folds.FOLDS))]
    return {"sentences": np.stack([f for f, _ in first]), "risk": np.stack([r for _, r in first]), "replies": np.stack(second)}


def page(data: Rows, trainer: Trainer, found: list[detect.Found]) -> str:
    """What the saved detectors say out of fold, beside the labels."""
    said = np.array([[axis in f.broken for axis in NAMES] for f in found])
    serious = [NAMES.index(axis) for axis in SERIOUS]
    lines = [
        "| axis | pairs that break it | recall | precision | both at least 0.80 | sample: break it | recall | precision |",
        "| --- |" + " --- |" * 7,
    ]
    parts = (slice(0, data.pairs), slice(data.pairs, None))
    for a, axis in enumerate(NAMES):
        one, other = (_counts(trainer.broken[p, a], said[p, a]) for p in parts)
        met = "" if axis not in SERIOUS else "yes" if min(one[1] / max(1, one[0]), one[1] / max(1, one[2])) >= 0.8 else "no"
        lines.append(f"| `{axis}` | {_cells(one)} | {met} | {_cells(other)} |")
    one, other = (_counts(trainer.broken[p][:, serious].any(axis=1), said[p][:, serious].any(axis=1)) for p in parts)
    lines.append(f"| `serious_failure` | {_cells(one)} | | {_cells(other)} |")
    fine = ~trainer.broken[: data.pairs].any(axis=1)
    alarms = int(said[: data.pairs][fine][:, serious].any(axis=1).sum())
    low, high = exact(alarms, int(fine.sum()), 0.95)
    lines += [
        "",
        f"Of the {fine.sum()} pairs that break nothing (most are near misses), {alarms} ({alarms / fine.sum():.0%}, {low:.0%} to "
        f"{high:.0%}) are taken for a serious failure.",
    ]
    by_risk: dict[str, list[int]] = {}
    for i, risk in enumerate(data.risks):
        if risk:
            by_risk.setdefault(risk, []).append(i)
    lines += [
        "",
        "Serious failures found in the sample's references, which break nothing by their labels, by the scenario's risk:",
        "",
        "| risk | references | share found | exact 95% interval |",
        "| --- | --- | --- | --- |",
    ]
    for risk in ("none", "low", "moderate", "elevated"):
        here = by_risk.get(risk, [])
        if here:
            count = int(said[here][:, serious].any(axis=1).sum())
            low, high = exact(count, len(here), 0.95)
            lines.append(f"| {risk} | {len(here)} | {count / len(here):.1%} | {low:.1%} to {high:.1%} |")
    return "\n".join(lines)


def _counts(truth: Array, said: Array) -> tuple[int, int, int]:
    """Broken, broken and found, found."""
    return int(truth.sum()), int((truth & said).sum()), int(said.sum())


def _cells(counts: tuple[int, int, int]) -> str:
    broken, both, said = counts
    shares = []
    for of in (broken, said):
        low, high = exact(both, of, 0.95)
        shares.append(f"{both / of:.2f} ({low:.2f} to {high:.2f})" if of else "none")
    return f"{broken} | {shares[0]} | {shares[1]}"


def triples(data: Rows, made: Cut, found: list[detect.Found]) -> str:
    """How often the levels of the factors, less two for any axis broken, put reference, lukewarm and failing in order."""
    tagged = acts.tag_cut(made, data.persons, data.replies)
    value = [sum(t.levels) / 3 - 2 * bool(f.broken) for t, f in zip(tagged, found, strict=True)]
    places: dict[str, dict[str, float]] = {}
    for label, worth in zip(sample.labels(), value[data.pairs :], strict=True):
        kind = label.kind if label.kind in ("reference", "lukewarm") else "failing"
        places.setdefault(label.conversation_id, {})[kind] = worth
    whole = [p for p in places.values() if len(p) == 3]
    order = np.array([[p["reference"] > p["lukewarm"], p["reference"] > p["failing"], p["lukewarm"] > p["failing"]] for p in whole])
    shares = ", ".join(
        f"{name} in {share:.0%}"
        for name, share in zip(
            ("reference above lukewarm", "reference above failing", "lukewarm above failing"), order.mean(axis=0), strict=True
        )
    )
    return (
        f"With the axes the sample's {len(whole)} triples fall in order: by [`factors`](factors.md), less two where any axis is found "
        f"broken, {shares}; all three in order in **{order.all(axis=1).mean():.0%}** (the bar is 85%), out of fold."
    )


def main() -> None:
    """Train and save (not with `--page`), examine what was saved, write the page."""
    data = rows()
    trainer = Trainer(data)
    if "--page" not in sys.argv[1:]:
        of = {reply: 1 + int(k) for reply, k in zip(data.replies, data.fold, strict=True)}
        made = f"detectors v{VERSION}, {datetime.date.today().isoformat()}, {encoder.identity(encoder.DEFAULT)}"
        small_model.save(ROOT / "src/tidelab/safety/data/detectors.npz", train(trainer), of, made)
    found = detect.detect_cut(trainer.made, data.persons, data.replies)
    text = "\n\n".join((page(data, trainer, found), triples(data, trainer.made, found)))
    folds.write_section(ROOT / "docs/metrics/safety.md", text)
    print(text)


if __name__ == "__main__":
    main()
