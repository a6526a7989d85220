"""The labels of the sample's replies: whole, in the guide's form, settled where two labellers differed, and told truly by the card."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from importlib.resources import files
from typing import get_args

import pytest

from tidelab.agreement import kappa
from tidelab.corpus import sample
from tidelab.safety import axes
from tidelab.text.sentences import sentences

LABELS = sample.labels()
CONVERSATIONS = {c.conversation_id: c for c in sample.load()[2]}
CONTRASTS = {(c.conversation_id, c.kind): c.text for c in sample.contrasts()}
CARD = (files("tidelab.corpus.sample") / "README.md").read_text("utf-8")
FACTORS = ("emotion_recognition", "distress_normalization", "supportive_reflection")
ACTS = get_args(sample.Act)


def text(label: sample.Label) -> str:
    return CONVERSATIONS[label.conversation_id].chatbot if label.kind == "reference" else CONTRASTS[label.conversation_id, label.kind]


def pairs(of):
    return [of(label.first) for label in LABELS], [of(label.second) for label in LABELS]


def test_every_reference_and_every_contrast_is_labelled_once() -> None:
    expected = [(i, "reference") for i in CONVERSATIONS] + list(CONTRASTS)
    assert sorted((x.conversation_id, x.kind) for x in LABELS) == sorted(expected)
    assert len(LABELS) == 1000 and [x.kind for x in LABELS[:500]] == ["reference"] * 500


def test_each_sentence_has_one_act_in_each_reading() -> None:
    for label in LABELS:
        assert {len(r.acts) for r in (label.settled, label.first, label.second)} == {len(sentences(text(label)))}, label.conversation_id


def test_each_broken_axis_has_its_words() -> None:
    for label in LABELS:
        for reading in (label.settled, label.first, label.second):
            joined = " ".join(s.text for s in sentences(text(label)))
            assert set(reading.breaks) <= set(axes.NAMES) and all(span in joined for span in reading.breaks.values()), label.conversation_id


def test_what_both_labellers_said_is_what_was_settled() -> None:
    for label in LABELS:
        for a, b, settled in zip(label.first.acts, label.second.acts, label.settled.acts, strict=True):
            assert a != b or settled == a, label.conversation_id
        for factor in FACTORS:
            a, b = getattr(label.first, factor), getattr(label.second, factor)
            assert getattr(label.settled, factor) in {a, b}, label.conversation_id
        both = set(label.first.breaks) & set(label.second.breaks)
        assert both <= set(label.settled.breaks) <= set(label.first.breaks) | set(label.second.breaks), label.conversation_id


def test_no_reference_breaks_an_axis_and_every_failing_reply_breaks_the_one_it_was_written_for() -> None:
    for label in LABELS:
        if label.kind == "reference":
            assert not label.settled.breaks, label.conversation_id
        elif label.kind != "lukewarm":
            assert label.kind in label.settled.breaks, (label.conversation_id, label.kind)


def test_references_have_higher_levels_than_lukewarm_replies_on_each_factor() -> None:
    by_kind = {kind: [x.settled for x in LABELS if x.kind == kind] for kind in ("reference", "lukewarm")}
    for factor in FACTORS:
        reference, lukewarm = (sum(getattr(r, factor) for r in some) / len(some) for some in by_kind.values())
        assert reference > lukewarm + 0.5, factor


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        (["emotion_recognition", "suggestion"], "yes"),
        (["suggestion", "emotion_recognition"], "no"),
        (["question", "supportive_reflection"], "no"),
        (["distress_normalization", "question"], "none"),
        (["other", "distress_normalization", "resource", "emotion_recognition"], "yes"),
    ],
)
def test_validation_comes_first_where_its_first_sentence_stands_before_that_of_support(acts, expected) -> None:
    reading = sample.Reading(acts=acts, emotion_recognition=0, distress_normalization=0, supportive_reflection=0, breaks={})
    assert reading.validation_first == expected


def test_the_card_tells_the_agreement_of_the_labellers_as_it_is() -> None:
    first, second = ([ACTS.index(act) for reading in side for act in reading] for side in pairs(lambda r: r.acts))
    assert f"| act of a sentence | {len(first):,} | {kappa(first, second, len(ACTS), 'nominal'):.2f} |" in CARD
    for act in ACTS:
        is_first, is_second = ([x == ACTS.index(act) for x in side] for side in (first, second))
        assert f"| `{act}` | {sum(is_first):,} | {kappa(is_first, is_second, 2, 'nominal'):.2f} |" in CARD, act
    for factor in FACTORS:
        a, b = pairs(lambda r, factor=factor: getattr(r, factor))
        assert f"| level of {factor} | 1,000 | {kappa(a, b, 3, 'quadratic'):.2f} |" in CARD, factor
    for axis in axes.NAMES:
        a, b = pairs(lambda r, axis=axis: axis in r.breaks)
        settled = sum(axis in x.settled.breaks for x in LABELS)
        assert f"| `{axis}` | {settled} | {kappa(a, b, 2, 'nominal'):.2f} |" in CARD, axis
    order = ("yes", "no", "none")
    a, b = pairs(lambda r: order.index(r.validation_first))
    assert f"| validation before support | 1,000 | {kappa(a, b, 3, 'nominal'):.2f} |" in CARD


def words(some: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", some.lower())


def moving_type_token_ratio(texts: list[str], window: int = 1_000) -> float:
    """Covington and McFall (2010): the mean over all windows; a plain ratio falls with length."""
    said = [w for t in texts for w in words(t)]
    counts, ratios = Counter(said[:window]), []
    for i in range(window, len(said) + 1):
        ratios.append(len(counts) / window)
        if i < len(said):
            counts[said[i - window]] -= 1
            counts += Counter()  # drops zeros
            counts[said[i]] += 1
    return sum(ratios) / len(ratios)


def test_references_have_as_many_different_words_and_sentences_as_spread_as_the_persons() -> None:
    persons, references = ([getattr(c, side) for c in CONVERSATIONS.values()] for side in ("person", "chatbot"))
    assert moving_type_token_ratio(references) >= moving_type_token_ratio(persons)

    def spread(texts: list[str]) -> int:
        lengths = sorted(len(words(s.text)) for t in texts for s in sentences(t))
        return lengths[len(lengths) * 9 // 10] - lengths[len(lengths) // 10]

    assert spread(references) >= spread(persons)


def test_no_two_replies_to_anyone_mean_nearly_the_same() -> None:
    import torch

    from tidelab.text import encoder

    replies = [text(label) for label in LABELS]
    unit = torch.nn.functional.normalize(encoder.load().encode(replies).vectors, dim=-1)
    near = (torch.triu(unit @ unit.T, diagonal=1) > 0.95).nonzero().tolist()
    assert not [(LABELS[i].conversation_id, LABELS[j].conversation_id) for i, j in near]


def test_labels_load_in_under_a_second() -> None:
    import subprocess
    import sys

    told = (
        "import time; s = time.process_time(); from tidelab.corpus import sample as x; x.load(); x.labels(); print(time.process_time() - s)"
    )
    seconds = [float(subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout) for _ in range(3)]
    assert min(seconds) < 1.0


def test_ids_of_labels_go_in_order() -> None:
    for kind in ("reference", "contrasts"):
        ids = [x.conversation_id for x in LABELS if (x.kind == "reference") == (kind == "reference")]
        places = [tuple(map(int, i.split("-")[1:])) for i in ids]
        assert all(a <= b for a, b in itertools.pairwise(places))
