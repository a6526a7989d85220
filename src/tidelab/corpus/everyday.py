"""Everyday support talk of the same grammar: what nano students are pretrained on, so that zero-shot knows no trauma-informed reply."""

from __future__ import annotations

import functools
import random
from typing import Any

from tidelab.corpus.grammar import Rules, load, rules
from tidelab.corpus.rehearsal import compose, mine

PERSON_WORDS = (4, 60)
REPLY_WORDS = (4, 60)
SHARE_OF_THINGS = 0.85  # the rest is about ordinary worries, told at more length
ACTS = ("recognize", "echo", "end")
"""What everyday replies share with the rehearsal teacher's: how the words that a person used are taken up."""


def everyday(n: int, seed: int) -> list[tuple[str, str]]:
    """`n` pairs (person, reply) about ordinary worries and single things, all different; both 4-60 words, many of them short.

    Shares its feeling words with the rehearsal grammar, but no topic of a scenario. Same seed, same pairs; a larger `n` only adds.
    """
    data = _data()
    rng = random.Random(f"everyday/{seed}")
    pairs: dict[tuple[str, str], None] = {}  # a dict keeps the order
    while len(pairs) < n:
        if rng.random() < SHARE_OF_THINGS:
            things = data["things"]
            thing = rng.choice(things["things"])
            kind = rng.choice([kind for kind in things["kinds"] if kind not in thing])  # no `new new flat`
            name = f"{rng.choice(['the', 'that', 'this', 'your'])} {kind} {thing}"
            plans, (person, reply) = things, _about_a_thing(rng.choice(list(data["emotions"])))
            person, reply = person | rules({"np_me": mine(name)}), reply | rules({"np": name})
        else:
            plans, about = data["everyday"], rng.choice(list(data["everyday"]["worries"]))
            person, reply = _about_a_worry(about, rng.choice(plans["worries"][about]["emotions"]))
        said = _say(plans["person"]["plans"], person, rng, PERSON_WORDS)
        pairs[said, _say(plans["reply"]["plans"], reply, rng, REPLY_WORDS)] = None
    return list(pairs)


def _say(plans: list[str], grammar: Rules, rng: random.Random, words: tuple[int, int]) -> str:
    text, _ = compose(lambda: rng.choice(plans).split(), grammar, rng, words)
    return text


@functools.cache
def _data() -> dict[str, Any]:
    return {name: load(name) for name in ("everyday", "things", "emotions", "rehearsal")}


@functools.cache
def _about_a_thing(emotion: str) -> tuple[Rules, Rules]:
    """The rules of the person and of the reply for one emotion, without the thing's name."""
    things, shared = _data()["things"], _data()["rehearsal"]["reply"]
    felt = {name: _data()["emotions"][emotion][name] for name in ("feeling", "adj", "noun", "as_if")}
    acts = {act: [line for line in shared[act] if "{event" not in line] for act in ACTS}
    words = {word: shared[word] for word in ("so", "much", "hear", "sense", "hard")}
    return rules({**things["person"], **felt}), rules({**words, **acts, **things["reply"], **felt})


@functools.cache
def _about_a_worry(about: str, emotion: str) -> tuple[Rules, Rules]:
    """The rules of the person and of the reply for one worry and one emotion."""
    data, feeling = _data()["everyday"], _data()["emotions"][emotion]
    felt = {name: feeling[name] for name in ("feeling", "adj", "noun")}
    worry = data["worries"][about]
    return rules({**data["person"], **felt, "happened": worry["me"]}), rules(
        {**data["reply"], **felt, "np": worry["np"], "tip": worry["tip"]}
    )
