"""Everyday support talk of the same grammar: what nano students are pretrained on, so that zero-shot knows no trauma-informed reply."""

from __future__ import annotations

import functools
import random
from typing import Any

from tidelab.corpus.grammar import Rules, load, rules
from tidelab.corpus.rehearsal import compose

PERSON_WORDS = (20, 60)
REPLY_WORDS = (25, 60)


def everyday(n: int, seed: int) -> list[tuple[str, str]]:
    """`n` pairs (person, reply) about ordinary worries, all different; person 20-60 words, reply 25-60.

    Shares its feeling words with the rehearsal grammar, but no topic of a scenario. Same seed, same pairs; a larger `n` only adds.
    """
    data = _data()
    rng = random.Random(f"everyday/{seed}")
    pairs: dict[tuple[str, str], None] = {}  # a dict keeps the order
    while len(pairs) < n:
        worry = rng.choice(list(data["worries"]))
        grammar = _grammar(worry, rng.choice(data["worries"][worry]["emotions"]))
        person, _ = compose(lambda: rng.choice(data["person"]["plans"]).split(), grammar[0], rng, PERSON_WORDS)
        reply, _ = compose(lambda: rng.choice(data["reply"]["plans"]).split(), grammar[1], rng, REPLY_WORDS)
        pairs[person, reply] = None
    return list(pairs)


@functools.cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = load("everyday")
    return data


@functools.cache
def _grammar(worry: str, emotion: str) -> tuple[Rules, Rules]:
    """The rules of the person and of the reply for one worry and one emotion."""
    data, feeling, entry = _data(), load("emotions")[emotion], _data()["worries"][worry]
    person = {"happened": entry["me"], "feeling": feeling["feeling"]}
    reply = {"np": entry["np"], "tip": entry["tip"], "adj": feeling["adj"], "noun": feeling["noun"]}
    return rules({**data["person"], **person}), rules({**data["reply"], **reply})
