"""Training, validation and test: by persona, so that nobody who taught a student also tests it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import get_args

from tidelab.errors import TidelabError
from tidelab.records import Conversation, Persona, Split

TENTHS: dict[Split, int] = {"test": 2, "validation": 1, "train": 7}
"""Shares of personas in tenths. The order breaks ties: of two personas one tests, of five one validates."""

_POOLED = 10  # a trauma type with fewer personas can't be stratified by itself


def split(personas: Sequence[Persona], conversations: Sequence[Conversation], seed: int) -> dict[str, Split]:
    """Each persona's split: 70/10/20 within each source, stratified by trauma type, whatever the order of the rows.

    A source's totals are the shares rounded by largest remainders. So a source of two personas or more has one that teaches
    and one that tests, one of five or more also one that validates; a source of a single persona only teaches.
    A persona with conversations of several sources counts with the first by name. TidelabError if there are under two personas.
    """
    source: dict[str, str] = {}
    for c in conversations:
        source[c.persona_id] = min(c.source, source.get(c.persona_id, c.source))
    if len(source) < 2:
        raise TidelabError(
            f"a corpus of {len(source)} persona{'' if len(source) == 1 else 's'} can't be split into one that teaches and one that tests",
            where="corpus.source",
            mend="give conversations of at least two personas; ten or more make the shares 70/10/20",
        )
    trauma = {p.persona_id: " ".join(p.trauma_type.casefold().split()) for p in personas}
    assigned: dict[str, Split] = {}
    for one in sorted(set(source.values())):
        people = {persona: trauma[persona] for persona, theirs in source.items() if theirs == one}
        assigned |= _assign(people, random.Random(f"{seed}/split/{one}"))
    return dict(sorted(assigned.items()))


def _assign(trauma: Mapping[str, str], rng: random.Random) -> dict[str, Split]:
    strata: dict[str, list[str]] = {}
    for persona in sorted(trauma):
        strata.setdefault(trauma[persona], []).append(persona)
    large = {name: people for name, people in strata.items() if len(people) >= _POOLED}
    pooled = sorted(p for people in strata.values() if len(people) < _POOLED for p in people)
    groups = [large[name] for name in sorted(large)] + ([pooled] if pooled else [])
    assigned: dict[str, Split] = {}
    for people, seats in zip(groups, _seats([len(g) for g in groups]), strict=True):
        rng.shuffle(people)
        places = [name for name in get_args(Split) for _ in range(seats[name])]
        assigned |= dict(zip(people, places, strict=True))
    return assigned


def _seats(sizes: Sequence[int]) -> list[dict[Split, int]]:
    """Personas per stratum and split: rows sum to the strata's sizes, columns to the rounded shares of all."""
    total = _round(sum(sizes))
    seats: list[dict[Split, int]] = [{name: size * tenths // 10 for name, tenths in TENTHS.items()} for size in sizes]
    free = [size - sum(s.values()) for size, s in zip(sizes, seats, strict=True)]
    wanted = {name: total[name] - sum(s[name] for s in seats) for name in TENTHS}
    # First each stratum's own largest remainders, while the overall shares allow; then what is left over, wherever it fits.
    by_remainder = sorted(
        ((stratum, name) for stratum in range(len(sizes)) for name in TENTHS), key=lambda pair: -(sizes[pair[0]] * TENTHS[pair[1]] % 10)
    )
    for stratum, name in by_remainder:
        if free[stratum] and wanted[name]:
            free[stratum], wanted[name] = free[stratum] - 1, wanted[name] - 1
            seats[stratum][name] += 1
    for stratum, name in by_remainder:
        more = min(free[stratum], wanted[name])
        free[stratum], wanted[name] = free[stratum] - more, wanted[name] - more
        seats[stratum][name] += more
    return seats


def _round(size: int) -> dict[Split, int]:
    """Largest remainders: whole personas that add up to `size`, each share within one of its target."""
    seats: dict[Split, int] = {name: size * tenths // 10 for name, tenths in TENTHS.items()}
    for name in sorted(TENTHS, key=lambda name: -(size * TENTHS[name] % 10))[: size - sum(seats.values())]:
        seats[name] += 1
    return seats
