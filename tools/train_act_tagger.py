"""Learns the act tagger from the sample's labels, writes its weights, and writes what it finds out of fold into docs/act_tagger.md.

Run by hand after the labels, the cues or the encoder changed: python tools/train_act_tagger.py. Some minutes on two cores.
Folds are by persona. The levels' stage learns from acts out of fold, as stacking does.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import folds
import numpy as np

from tidelab.agreement import kappa
from tidelab.corpus import sample
from tidelab.text import acts, encoder, small_model

ROOT = Path(__file__).parents[1]
VERSION = "1"
Array = np.ndarray[Any, Any]


class Data:
    """The sample's labelled replies, cut and embedded."""

    def __init__(self) -> None:
        by_id = {c.conversation_id: c for c in sample.load()[2]}
        contrast = {(c.conversation_id, c.kind): c.text for c in sample.contrasts()}
        self.labels = sample.labels()
        self.persons = [by_id[x.conversation_id].person for x in self.labels]
        self.replies = [
            by_id[x.conversation_id].chatbot if x.kind == "reference" else contrast[x.conversation_id, x.kind] for x in self.labels
        ]
        self.fold = folds.by_group([by_id[x.conversation_id].persona_id for x in self.labels])
        self.made = acts.cut(self.persons, self.replies)
        self.acts = np.array([acts.ACTS.index(act) for x in self.labels for act in x.settled.acts])
        self.levels = np.array([[getattr(x.settled, factor) for factor in acts.FACTORS] for x in self.labels])


def train(data: Data) -> dict[str, Array]:
    """Arrays [1 + folds, ...] for the .npz."""
    rows, owner = acts.with_place(data.made), data.made.owner
    tagger: list[Array] = []
    probabilities = np.zeros((len(rows), len(acts.ACTS)), np.float32)
    for k in (None, *range(folds.FOLDS)):
        learnt = data.fold[owner] != k
        tagger.append(
            folds.weights(
                rows[learnt], data.acts[learnt], len(acts.ACTS), strength=STRENGTH, weight=folds.balanced(data.acts[learnt], BALANCE)
            )
        )
        if k is not None:
            probabilities[~learnt] = small_model.softmax(rows[~learnt] @ tagger[-1][:-1] + tagger[-1][-1])
        print("fold", k, "done", flush=True)
    replies = acts.reply_rows(data.made, probabilities, data.persons)
    levels = [
        np.hstack([folds.weights(replies[data.fold != k], data.levels[data.fold != k, f], 3, strength=0.1) for f in range(3)])
        for k in (None, *range(folds.FOLDS))
    ]
    return {"acts": np.stack(tagger), "levels": np.stack(levels)}


STRENGTH = 0.25
BALANCE = 0.7
"""1 would weigh all acts alike, 0 all sentences."""


def page(data: Data, tagged: list[acts.Tagged]) -> str:
    """What the saved tagger says of the replies out of fold, beside the labels."""
    said = np.array([acts.ACTS.index(a) for t in tagged for a in t.acts])
    table = np.zeros((7, 7), int)
    np.add.at(table, (data.acts, said), 1)
    precision, recall = np.diag(table) / table.sum(axis=0), np.diag(table) / table.sum(axis=1)
    f1 = 2 * precision * recall / (precision + recall)
    first, second = ([acts.ACTS.index(a) for x in data.labels for a in getattr(x, who).acts] for who in ("first", "second"))
    people = _macro_f1(np.array(first), np.array(second))
    lines = [
        f"Acts of {len(said)} sentences of {len(tagged)} replies, out of fold by persona: macro-F1 **{f1.mean():.3f}** (the bar is 0.75: "
        f"{'met' if f1.mean() >= 0.75 else 'not met'}), right in {np.mean(said == data.acts):.1%}, kappa "
        f"{kappa(data.acts, said, 7, 'nominal'):.2f}. The two labellers with one another: macro-F1 {people:.3f}.",
        "",
        "| labelled | " + " | ".join(a.replace("_", " ") for a in acts.ACTS) + " | recall | precision | F1 |",
        "| --- |" + " --- |" * 10,
    ]
    for i, act in enumerate(acts.ACTS):
        lines.append(f"| {act.replace('_', ' ')} | {' | '.join(map(str, table[i]))} | {recall[i]:.2f} | {precision[i]:.2f} | {f1[i]:.2f} |")
    found = np.array([t.levels for t in tagged])
    lines += ["", "Levels, out of fold (quadratic kappa of the rounded level; mean expected level by kind of reply):", ""]
    kinds = np.array([x.kind if x.kind in ("reference", "lukewarm") else "failing" for x in data.labels])
    lines += ["| factor | kappa | labellers' kappa | reference | lukewarm | failing |", "| --- |" + " --- |" * 5]
    for f, factor in enumerate(acts.FACTORS):
        both = [[getattr(getattr(x, who), factor) for x in data.labels] for who in ("first", "second")]
        means = " | ".join(f"{found[kinds == k, f].mean():.2f}" for k in ("reference", "lukewarm", "failing"))
        lines.append(
            f"| {factor.replace('_', ' ')} | {kappa(data.levels[:, f], found[:, f].round().astype(int), 3, 'quadratic'):.2f} | "
            f"{kappa(*both, 3, 'quadratic'):.2f} | {means} |"
        )
    return "\n".join([*lines, "", *_triples(data, found.sum(axis=1))])


def _triples(data: Data, total: Array) -> list[str]:
    """How often the sum of levels puts reference, lukewarm and failing in order, by the tagger and by the labels."""
    places: dict[str, dict[str, int]] = {}
    for i, x in enumerate(data.labels):
        places.setdefault(x.conversation_id, {})[x.kind if x.kind in ("reference", "lukewarm") else "failing"] = i
    whole = [p for p in places.values() if len(p) == 3]
    lines = [
        "| sum of the three levels | reference > lukewarm | reference > failing | lukewarm > failing | all in order |",
        "| --- |" + " --- |" * 4,
    ]
    for name, values in (("tagger, out of fold", total), ("labels", data.levels.sum(axis=1))):
        r, w, f = (np.array([values[p[k]] for p in whole]) for k in ("reference", "lukewarm", "failing"))
        shares = " | ".join(f"{np.mean(x):.1%}" for x in (r > w, r > f, w > f, (r > w) & (w > f)))
        lines.append(f"| {name} | {shares} |")
    return [f"Triples of the sample ({len(whole)}):", "", *lines]


def _macro_f1(one: Array, other: Array) -> float:
    values = []
    for i in range(7):
        both = np.sum((one == i) & (other == i))
        values.append(2 * both / max(1, np.sum(one == i) + np.sum(other == i)))
    return float(np.mean(values))


def main() -> None:
    """Train, save, examine what was saved, write the page."""
    data = Data()
    made = f"act tagger v{VERSION}, {datetime.date.today().isoformat()}, {encoder.identity(encoder.DEFAULT)}"
    of = {reply: 1 + int(k) for reply, k in zip(data.replies, data.fold, strict=True)}
    small_model.save(ROOT / "src/tidelab/text/data/acts.npz", train(data), of, made)
    small_model.load.cache_clear()
    text = page(data, acts.tag_cut(data.made, data.persons, data.replies))
    folds.write_section(ROOT / "docs/act_tagger.md", text)
    print(text)


if __name__ == "__main__":
    main()
