"""Scenarios: the situations in which a persona writes, chosen out of a taxonomy kept as data."""

from __future__ import annotations

import functools
import random
from typing import Any, get_args

from tidelab.corpus.grammar import load, polish
from tidelab.records import Persona, Risk, Scenario

THEMES = ("intrusion", "avoidance", "mood", "arousal", "relationships", "work")


@functools.cache
def taxonomy() -> dict[str, Any]:
    """`data/scenarios.yaml`: weights of risk; theme -> trigger -> emotions that suit it and what the persona does."""
    data: dict[str, Any] = load("scenarios")
    return data


def choose(persona: Persona, n: int, seed: int) -> list[Scenario]:
    """`n` scenarios for a persona, every theme n // 6 times or once more, no trigger twice before all of its theme had a turn.

    Which theme comes first is drawn per persona, so that themes stay even over personas for any `n`. Same seed, same scenarios.
    """
    rng = random.Random(f"scenarios/{seed}/{persona.persona_id}")
    themes: list[str] = []
    left: dict[str, list[str]] = {theme: [] for theme in THEMES}
    chosen = []
    for place in range(n):
        themes = themes or rng.sample(THEMES, len(THEMES))
        theme = themes.pop()
        if not left[theme]:
            fitting = [t for t, entry in taxonomy()["themes"][theme].items() if _fits(persona, entry)]
            left[theme] = rng.sample(fitting, len(fitting))
        chosen.append(_scenario(f"{persona.persona_id}-s{place + 1:02d}", persona, theme, left[theme].pop(), rng))
    return chosen


def _scenario(scenario_id: str, persona: Persona, theme: str, trigger: str, rng: random.Random) -> Scenario:
    entry = taxonomy()["themes"][theme][trigger]
    weights = taxonomy()["risk"]
    risks = get_args(Risk)
    emotion = rng.choice(entry["emotions"])
    after = f"{span(persona.years_since_trauma)} after {persona.trauma_topic}"
    return Scenario(
        scenario_id=scenario_id,
        theme=theme,
        emotion=emotion,
        trigger=trigger,
        risk=rng.choices(risks, [weights[risk] for risk in risks])[0],
        description=polish(f"a {persona.age}-year-old {who(persona)}, {after}, {entry['does']}; the feeling in front is {emotion}."),
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
