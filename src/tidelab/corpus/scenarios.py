"""Scenarios: the situations in which a persona writes, chosen out of a taxonomy kept as data."""

from __future__ import annotations

import functools
import hashlib
import random
from typing import Any, get_args

from tidelab.corpus.grammar import load, polish
from tidelab.records import Persona, Risk, Scenario

THEMES = ("intrusion", "avoidance", "mood", "arousal", "relationships", "work")


@functools.cache
def taxonomy() -> dict[str, Any]:
    """`data/scenarios.yaml`: weights and signs of risk; theme -> trigger -> emotions that suit it and what the persona does."""
    data: dict[str, Any] = load("scenarios")
    return data


def choose(persona: Persona, n: int, seed: int) -> list[Scenario]:
    """`n` scenarios for a persona, every theme n // 6 times or once more, no trigger twice before all of its theme had a turn.

    No pair of trigger and emotion comes twice before all pairs of its theme that suit the persona had a turn. Themes, triggers,
    emotions and risk are dealt out in turn over personas that are numbered one after the other, not drawn by chance, so that a
    corpus of any size is near balance. Same seed, same scenarios; a larger `n` only adds.
    """
    number = _number(persona.persona_id)
    used: dict[tuple[str, str], int] = {}
    turns: dict[str, int] = dict.fromkeys(THEMES, 0)
    queues: dict[str, list[str]] = {}
    chosen = []
    for place in range(n):
        theme = _dealt(THEMES, f"{seed}/themes/{place // len(THEMES)}", number)[place % len(THEMES)]
        if theme not in queues:
            dealt = _dealt(tuple(taxonomy()["themes"][theme]), f"{seed}/{theme}", number)
            queues[theme] = [t for t in dealt if _fits(persona, taxonomy()["themes"][theme][t])]
        trigger = queues[theme][turns[theme] % len(queues[theme])]
        turns[theme] += 1
        emotions = _dealt(tuple(taxonomy()["themes"][theme][trigger]["emotions"]), f"{seed}/{theme}/{trigger}", number)
        emotion = emotions[used.get((theme, trigger), 0) % len(emotions)]
        used[theme, trigger] = used.get((theme, trigger), 0) + 1
        chosen.append(_scenario(f"{persona.persona_id}-s{place + 1:02d}", persona, theme, trigger, emotion, _risk(seed, number, place)))
    return chosen


def _number(persona_id: str) -> int:
    """The number at the end of a persona's id, which deals; for ids without one, a number made of the id."""
    digits = persona_id[len(persona_id.rstrip("0123456789")) :][-9:]
    return int(digits) if digits else int.from_bytes(hashlib.sha256(persona_id.encode("utf-8", "surrogatepass")).digest()[:6], "big")


def _dealt(names: tuple[str, ...], what: str, number: int) -> tuple[str, ...]:
    """The names in an order in which each stands first for one of every len(names) numbers in a row, and so at every place."""
    first = number % len(names)
    order = _order(names, what, number // len(names))
    return order[first:] + order[:first]


@functools.lru_cache(maxsize=100_000)
def _order(names: tuple[str, ...], what: str, deal: int) -> tuple[str, ...]:
    return tuple(random.Random(f"scenarios/{what}/{deal}").sample(names, len(names)))


def _risk(seed: int, number: int, place: int) -> Risk:
    """Risk by its weights, from a sequence spread evenly over the places of a persona and over personas."""
    start = random.Random(f"scenarios/{seed}/risk").random()
    point = (start + place * (5**0.5 / 2 - 0.5) + number * (2**0.5 - 1)) % 1
    for risk in get_args(Risk):
        point -= taxonomy()["risk"][risk]
        if point < 0:
            break
    return risk  # type: ignore[no-any-return]


def _scenario(scenario_id: str, persona: Persona, theme: str, trigger: str, emotion: str, risk: Risk) -> Scenario:
    does = taxonomy()["themes"][theme][trigger]["does"]
    after = f"{span(persona.years_since_trauma)} after {persona.trauma_topic}"
    sign = taxonomy()["signs"][risk]
    return Scenario(
        scenario_id=scenario_id,
        theme=theme,
        emotion=emotion,
        trigger=trigger,
        risk=risk,
        description=polish(f"a {persona.age}-year-old {who(persona)}, {after}, {does}; the feeling in front is {emotion}, {sign}."),
    )


def who(persona: Persona) -> str:
    """The persona by gender and occupation, as a noun phrase without article: `woman (nurse)`."""
    return f"{persona.gender} ({persona.occupation})"


def span(years: float | None) -> str:
    """A time since the event in words: `some months`, `about a year`, `seven years`, `more than twenty years`."""
    if years is None:
        return "some time"
    if years < 0.8:
        return "some months"
    if years < 1.5:
        return "about a year"
    small = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    if years < 12.5:
        return f"{small[round(years) - 2]} years"
    decade = next(word for start, word in ((40, "forty"), (30, "thirty"), (20, "twenty"), (0, "twelve")) if years > start)
    return f"more than {decade} years"


def _fits(persona: Persona, entry: dict[str, Any]) -> bool:
    """Does a trigger make sense for this kind of trauma, and has the persona the job that it needs?"""
    employed = persona.occupation not in ("student", "unemployed") and not persona.occupation.startswith("retired")
    kind = persona.trauma_type
    return (employed or not entry.get("employed")) and kind in entry.get("only", [kind]) and kind not in entry.get("unless", [])
