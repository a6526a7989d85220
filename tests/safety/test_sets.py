"""The labelled safety sets keep the promises of their card, as far as a program can tell."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from importlib.resources import files

import pytest

from tidelab.agreement import kappa
from tidelab.safety import axes, sets

PAIRS, CRISIS = sets.pairs(), sets.crisis()
CARD = (files("tidelab.safety") / "data" / "README.md").read_text("utf-8")
# What must stand in no text of a set about danger: numbers of three digits, addresses, anything that reads like an instruction.
NEVER = r"\d{3}|https?:|www\.|overdos|milligram|\bmg\b|noose|razor|bleach"


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def grams(text: str, n: int) -> set[tuple[str, ...]]:
    w = words(text)
    return {tuple(w[i : i + n]) for i in range(len(w) - n + 1)}


def said(row: sets.Crisis) -> str:
    return " ".join(m.text for m in row.messages if m.role == "person")


@pytest.mark.parametrize("axis", axes.AXES, ids=lambda a: a.name)
def test_each_axis_has_enough_replies_that_break_it_and_enough_near_misses(axis: axes.Axis) -> None:
    least = 60 if axis.serious else 20
    assert sum(axis.name in p.breaks for p in PAIRS) >= least
    assert sum(axis.name in p.near_miss for p in PAIRS) >= least


def test_spans_are_words_of_the_reply_and_only_an_omission_has_none() -> None:
    for pair in PAIRS:
        assert set(pair.spans) == set(pair.breaks) <= set(axes.NAMES), pair.id
        assert all(span in pair.reply for span in pair.spans.values()), pair.id
        assert {axis for axis, span in pair.spans.items() if not span} <= {"crisis_passed_over", "task_dropped"}, pair.id
        assert not set(pair.breaks) & set(pair.near_miss) and set(pair.near_miss) <= set(axes.NAMES), pair.id
        assert pair.breaks or pair.near_miss, pair.id


def test_breaking_and_fine_replies_are_not_told_apart_by_their_length() -> None:
    broken, fine = ([len(words(p.reply)) for p in PAIRS if bool(p.breaks) is side] for side in (True, False))
    assert abs(sum(broken) / len(broken) - sum(fine) / len(fine)) < 5


def test_the_crisis_set_has_enough_of_each_stage_and_of_near_misses() -> None:
    stages = Counter(c.stage for c in CRISIS)
    assert stages["plan"] + stages["attempt"] >= 150 and stages["active"] >= 150 and stages["passive"] >= 80 and stages["none"] >= 400
    assert sum(c.near_miss is not None for c in CRISIS) >= 200
    assert all(c.stage == "none" for c in CRISIS if c.near_miss is not None)
    assert {c.style for c in CRISIS} == {"direct", "oblique", "buried", "slang", "misspelt", "fragment", "numb", "joking"}
    assert len({c.english for c in CRISIS}) >= 10 and {c.age for c in CRISIS} == {"teen", "young", "middle", "old"}
    assert min(Counter(d for c in CRISIS for d in c.dangers).values()) >= 10


def test_a_conversation_ends_with_the_person_and_a_buried_sign_has_something_to_be_buried_in() -> None:
    for row in CRISIS:
        assert row.messages[-1].role == "person", row.id
        assert row.style != "buried" or len(row.messages) > 1 or len(words(said(row))) >= 25, row.id


def test_the_parts_share_no_theme_and_both_hold_every_stage() -> None:
    parts = {part: [c for c in CRISIS if c.part == part] for part in ("development", "held-out")}
    assert not {c.theme for c in parts["development"]} & {c.theme for c in parts["held-out"]}
    for rows in parts.values():
        assert {c.stage for c in rows} == set(sets.STAGES)
    assert 0.25 < len(parts["held-out"]) / len(CRISIS) < 0.45
    assert sets.crisis("held-out") == parts["held-out"]


def test_ids_are_unique_and_in_order() -> None:
    for rows in (PAIRS, CRISIS):
        ids = [row.id for row in rows]
        assert ids == sorted(set(ids))


def test_no_text_holds_a_number_an_address_or_a_method() -> None:
    for text in [t for p in PAIRS for t in (p.person, p.reply)] + [m.text for c in CRISIS for m in c.messages]:
        assert not re.search(NEVER, text.lower()), text
        assert not re.search("[\u2018\u2019\u201c\u201d\\\\]", text), text


def test_no_reply_s_opening_is_worn_out() -> None:
    assert max(Counter(tuple(words(p.reply)[:3]) for p in PAIRS).values()) <= 0.02 * len(PAIRS)


@pytest.mark.parametrize("texts", [[p.reply for p in PAIRS], [said(c) for c in CRISIS]], ids=["pairs", "crisis"])
def test_no_two_texts_share_a_third_of_their_five_word_runs(texts: list[str]) -> None:
    runs = [grams(text, 5) for text in texts]
    where: dict[tuple[str, ...], list[int]] = {}
    for i, some in enumerate(runs):
        for run in some:
            where.setdefault(run, []).append(i)
    shared = Counter((i, j) for places in where.values() for i in places for j in places if i < j)
    assert not [(texts[i], texts[j]) for (i, j), n in shared.items() if n > 0.33 * min(len(runs[i]), len(runs[j]))]


def near(texts: list[str]) -> list[tuple[int, int]]:
    import torch

    from tidelab.text import encoder

    unit = torch.nn.functional.normalize(encoder.load().encode(texts).vectors, dim=-1)
    return [(int(i), int(j)) for i, j in (torch.triu(unit @ unit.T, diagonal=1) > 0.95).nonzero()]


def test_no_two_texts_mean_nearly_the_same() -> None:
    assert not [(PAIRS[i].id, PAIRS[j].id) for i, j in near([p.reply for p in PAIRS])]
    assert not [(CRISIS[i].id, CRISIS[j].id) for i, j in near([said(c) for c in CRISIS])]


def test_the_card_tells_the_second_readers_agreement_as_it_is() -> None:
    for axis in axes.NAMES:
        told = kappa([axis in p.breaks for p in PAIRS], [axis in p.second_reading for p in PAIRS], 2, "nominal")
        assert f"| `{axis}` | {sum(axis in p.breaks for p in PAIRS)} | {sum(axis in p.near_miss for p in PAIRS)} | {told:.2f} |" in CARD
    stages = kappa([sets.STAGES.index(c.stage) for c in CRISIS], [sets.STAGES.index(c.second_stage) for c in CRISIS], 5, "quadratic")
    assert f"weighted kappa {stages:.2f}" in CARD
    for stage in sets.STAGES:
        assert f"| `{stage}` | {sum(c.stage == stage for c in CRISIS)} |" in CARD
    assert f"{len(PAIRS)} pairs" in CARD and f"{len(CRISIS)} messages" in CARD


def test_the_sets_load_in_under_a_second() -> None:
    told = (
        "import time; s = time.process_time(); from tidelab.safety import sets; sets.pairs(); sets.crisis(); print(time.process_time() - s)"
    )
    seconds = [float(subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout) for _ in range(3)]
    assert min(seconds) < 1.0
