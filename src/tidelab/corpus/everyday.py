"""Everyday support talk of the same grammar: what nano students are pretrained on, so that zero-shot knows no trauma-informed reply."""

from __future__ import annotations

import functools
import random
from typing import Any

from tidelab.corpus.grammar import Rules, load, rules
from tidelab.corpus.rehearsal import compose

PERSON_WORDS = (15, 60)
REPLY_WORDS = (20, 60)
SHARE_OF_THINGS = 0.7  # the rest is about ordinary worries, told at more length


def everyday(n: int, seed: int) -> list[tuple[str, str]]:
    """`n` pairs (person, reply) about ordinary worries and single things, all different; person 15-60 words, reply 20-60.

    Shares its feeling words with the rehearsal grammar, but no topic of a scenario. Same seed, same pairs; a larger `n` only adds.
    """
    data = _data()
    rng = random.Random(f"everyday/{seed}")
    pairs: dict[tuple[str, str], None] = {}  # a dict keeps the order
    while len(pairs) < n:
        kind = "things" if rng.random() < SHARE_OF_THINGS else "everyday"
        about = rng.choice(list(data[kind]["things" if kind == "things" else "worries"]))
        feelings = data["everyday"]["worries"][about]["emotions"] if kind == "everyday" else list(data["emotions"])
        grammar = _grammar(kind, about, rng.choice(feelings))
        person, _ = compose(lambda kind=kind: rng.choice(data[kind]["person"]["plans"]).split(), grammar[0], rng, PERSON_WORDS)  # type: ignore[misc]
        reply, _ = compose(lambda kind=kind: rng.choice(data[kind]["reply"]["plans"]).split(), grammar[1], rng, REPLY_WORDS)  # type: ignore[misc]
        pairs[person, reply] = None
    return list(pairs)


@functools.cache
def _data() -> dict[str, Any]:
    return {name: load(name) for name in ("everyday", "things", "emotions")}


@functools.cache
def _grammar(kind: str, about: str, emotion: str) -> tuple[Rules, Rules]:
    """The rules of the person and of the reply for one worry or thing and one emotion."""
    data, feeling = _data()[kind], _data()["emotions"][emotion]
    felt = {"feeling": feeling["feeling"], "adj": feeling["adj"], "noun": feeling["noun"]}
    if kind == "things":
        said: dict[str, Any] = {"np": f"the {about}"}
        return rules({**data["person"], **felt, **said}), rules({**data["reply"], **felt, **said})
    entry = data["worries"][about]
    return rules({**data["person"], **felt, "happened": entry["me"]}), rules(
        {**data["reply"], **felt, "np": entry["np"], "tip": entry["tip"]}
    )
