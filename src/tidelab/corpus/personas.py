"""Personas sampled from distributions kept as data, without a model: near even over trauma types, plausible jointly."""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping
from typing import Any

from tidelab.corpus.grammar import load
from tidelab.records import Persona

SHORTEST = 0.3  # years: nobody is drawn in the first weeks after the event, when PTSD can't yet be spoken of


@functools.cache
def distributions() -> dict[str, Any]:
    """`data/personas.yaml`: what personas are drawn from, each group of numbers with its source or `unverified`."""
    data: dict[str, Any] = load("personas")
    return data


def sample(n: int, seed: int) -> list[Persona]:
    """`n` personas, ids `rehearsal-0001` onwards; every trauma type n // 20 times or once more. Same seed, same personas.

    The quota goes by blocks in random order, so the first k of n personas are near even too. A persona depends on the seed and its
    own place only: a larger `n` adds personas and changes none.
    """
    personas: list[Persona] = []
    kinds: list[str] = []
    for place in range(n):
        if not kinds:
            kinds = list(distributions()["traumas"])
            random.Random(f"personas/{seed}/block/{place}").shuffle(kinds)
        personas.append(_one(f"rehearsal-{place + 1:04d}", kinds.pop(), random.Random(f"personas/{seed}/{place}")))
    return personas


def _one(persona_id: str, kind: str, rng: random.Random) -> Persona:
    data = distributions()
    trauma = data["traumas"][kind]
    youngest, oldest = trauma["onset"]
    gender = _draw({g: w for g, w in data["genders"]["weights"].items() if g in trauma.get("genders", [g])}, rng)
    age = _age(max(18, youngest + 1), rng)
    onset = _onset(youngest, min(oldest, age - SHORTEST), rng)
    education = _education(age, trauma.get("occupations"), rng)
    relationship = _draw(_band(data["relationships"], age), rng)
    severity = min(80, max(0, round(rng.gauss(data["severity"]["mean"], data["severity"]["spread"]))))
    return Persona(
        persona_id=persona_id,
        age=age,
        age_group=f"{age // 10 * 10}-{age // 10 * 10 + 10}",
        gender=gender,
        ethnicity=_draw(data["ethnicities"]["weights"], rng),
        education=education,
        occupation=_occupation(age, education, trauma.get("occupations"), rng),
        relationship_status=relationship,
        living_situation=_draw(data["living"][relationship], rng),
        trauma_type=kind,
        trauma_topic=rng.choice(trauma["topics"]),
        years_since_trauma=round(age - onset, 1),
        symptoms=_symptoms(severity, rng),
        severity=severity,
        co_occurring_condition=_draw(data["conditions"]["weights"], rng),
        behaviors=sorted(rng.sample(data["behaviors"], rng.randint(2, 4))),
        speech_style=rng.choice(data["speech_styles"]),
    )


def _age(youngest: int, rng: random.Random) -> int:
    bands = distributions()["ages"]
    starts = list(bands["weights"])
    ends = [*starts[1:], bands["oldest"] + 1]
    start, end = _draw({(s, e): bands["weights"][s] for s, e in zip(starts, ends, strict=True) if e > youngest}, rng)
    return rng.randrange(max(start, youngest), end)


def _onset(youngest: float, oldest: float, rng: random.Random) -> float:
    """Age at the event, in years; leaning to recent ones, since those are more often what people write about."""
    return youngest + (oldest - youngest) * float(rng.betavariate(2, 1))


def _education(age: int, occupations: list[str] | None, rng: random.Random) -> str:
    data = distributions()
    leading = {level for o in occupations or data["occupations"] for level in data["occupations"][o]}
    youngest, weights = data["education"]["youngest"], data["education"]["weights"]
    level: str = _draw({level: w for level, w in weights.items() if youngest[level] <= age and level in leading}, rng)
    return level


def _occupation(age: int, education: str, allowed: list[str] | None, rng: random.Random) -> str:
    """Student, unemployed, `retired ...` or an occupation; an event at work leaves only the occupations where it happens."""
    data = distributions()
    fitting = [o for o, schooling in data["occupations"].items() if education in schooling and o in (allowed or [o])]
    occupation: str = rng.choice(fitting)
    retirement, student = data["retirement"], data["student"]
    if age >= retirement["surely"] or (age >= retirement["earliest"] and rng.random() < retirement["share_between"]):
        return f"retired {occupation}"
    if allowed is None and age <= student["oldest"] and education in student["schooling"] and rng.random() < student["share"]:
        return "student"
    if allowed is None and rng.random() < data["unemployed"]["share"]:
        return "unemployed"
    return occupation


def _symptoms(severity: int, rng: random.Random) -> list[str]:
    """One symptom of each cluster B-E, and more of a cluster the higher the severity."""
    chosen = []
    for cluster, symptoms in distributions()["symptoms"].items():
        count = 1 + sum(rng.random() < severity / 80 for _ in range(min(3, len(symptoms)) - 1))
        chosen += [f"{cluster}: {symptom}" for symptom in sorted(rng.sample(symptoms, count))]
    return chosen


def _band(table: Mapping[Any, Any], age: int) -> dict[str, float]:
    """The entry of a table by first years of age that holds at this age."""
    weights: dict[str, float] = table[max(start for start in table if isinstance(start, int) and start <= age)]
    return weights


def _draw(weights: Mapping[Any, float], rng: random.Random) -> Any:
    return rng.choices(list(weights), list(weights.values()))[0]
