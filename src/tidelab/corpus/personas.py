"""Personas sampled from joint distributions kept as data, without a model: even over trauma types, covering, plausible jointly.

Gender, age and education are drawn from low-discrepancy sequences instead of pure chance, one for each kind of trauma, so that every
number of personas stays near the targets: multiples modulo 1 of irrational numbers that fractions approach badly (Kronecker sequences).
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any

from tidelab.corpus.grammar import load
from tidelab.records import Persona

SHORTEST = 0.3  # years: nobody is drawn in the first weeks after the event, when PTSD can't yet be spoken of
_STEPS = (5**0.5 / 2 - 0.5, 2**0.5 - 1, 3**0.5 - 1)


@functools.cache
def distributions() -> dict[str, Any]:
    """`data/personas.yaml`: what personas are drawn from, each group of numbers with its source or `unverified`."""
    data: dict[str, Any] = load("personas")
    return data


def sample(n: int, seed: int) -> list[Persona]:
    """`n` personas, ids `persona-0001` onwards; every trauma type n // 20 times or once more. Same seed, same personas.

    The quota goes by blocks in random order, so the first k of n personas are near even too. A persona depends on the seed and its
    own place only: a larger `n` adds personas and changes none.
    """
    kinds = list(distributions()["traumas"])
    places = {kind: _sequence(random.Random(f"personas/{seed}/{kind}")) for kind in kinds}
    personas: list[Persona] = []
    for start in range(0, n, len(kinds)):
        block = list(kinds)
        random.Random(f"personas/{seed}/block/{start}").shuffle(block)
        for place, kind in enumerate(block[: n - start], start):
            rng = random.Random(f"personas/{seed}/{place}")
            personas.append(_one(f"persona-{place + 1:04d}", kind, next(places[kind]), rng))
    return personas


def _sequence(rng: random.Random) -> Iterator[tuple[float, float, float]]:
    """Points of the unit cube, evenly spread for any number of them, from a random start."""
    first = [rng.random() for _ in _STEPS]
    for k in itertools.count():
        x, y, z = ((start + k * step) % 1 for start, step in zip(first, _STEPS, strict=True))
        yield x, y, z


def _one(persona_id: str, kind: str, place: tuple[float, float, float], rng: random.Random) -> Persona:
    data = distributions()
    trauma = data["traumas"][kind]
    youngest, oldest = trauma["onset"]
    gender = _at(genders(kind), place[0])
    age = _at(ages(kind), place[1])
    education = _at(schooling(kind, age), place[2])
    onset = _onset(youngest, min(oldest, age - SHORTEST), rng)
    occupation = _occupation(age, education, trauma.get("occupations"), rng)
    relationship = _draw(band(data["relationships"], age), rng)
    severity = min(80, max(0, round(rng.gauss(mean_severity(kind), data["severity"]["spread"]))))
    condition = _condition(kind, gender, severity, rng)
    return Persona(
        persona_id=persona_id,
        age=age,
        age_group=f"{age // 10 * 10}-{age // 10 * 10 + 10}",
        gender=gender,
        ethnicity=_draw(data["ethnicities"]["weights"], rng),
        education=education,
        occupation=occupation,
        relationship_status=relationship,
        living_situation=_draw(data["living"][relationship], rng),
        trauma_type=kind,
        trauma_topic=rng.choice(trauma["topics"]),
        years_since_trauma=round(age - onset, 1),
        symptoms=_symptoms(severity, rng),
        severity=severity,
        co_occurring_condition=condition,
        behaviors=_behaviors(occupation, condition, rng),
        speech_style=rng.choice(data["speech_styles"]),
    )


@functools.cache
def genders(kind: str) -> dict[str, float]:
    """Share of each gender among those hurt by a kind of trauma: exposure times risk of PTSD, none below the least of `coverage`."""
    data = distributions()
    trauma = data["traumas"][kind]
    if "genders" in trauma:
        return {gender: 1 / len(trauma["genders"]) for gender in trauma["genders"]}
    if "event" in trauma:
        man, woman = (exposed * hurt for exposed, hurt in (data["exposure"][trauma["event"]][g] for g in ("man", "woman")))
    elif kind in data["women"]:
        man, woman = 1 - data["women"][kind], data["women"][kind]
    else:
        man, woman = data["ptsd"]["man"], data["ptsd"]["woman"]
    either = lifted({"woman": woman, "man": man}, data["coverage"]["least"]["gender"])
    neither = data["non_binary"]["share"]
    return {gender: share * (1 - neither) for gender, share in either.items()} | {"non-binary person": neither}


@functools.cache
def ages(kind: str) -> dict[int, float]:
    """Share of each age in years, from 18: adults times PTSD by age band, none below the least of `coverage`; even within a band."""
    data = distributions()
    bands = data["ages"]
    shares = lifted({start: bands["adults"][start] * bands["ptsd"][start] for start in bands["adults"]}, data["coverage"]["least"]["age"])
    youngest = max(18, data["traumas"][kind]["onset"][0] + 1)
    years: dict[int, float] = {}
    for start, end in itertools.pairwise([*shares, bands["oldest"] + 1]):
        within = range(max(start, youngest), end)
        years |= {age: shares[start] / len(within) for age in within}
    return years


@functools.cache
def schooling(kind: str, age: int) -> dict[str, float]:
    """Share of each education at an age, of those that the age allows and that lead to the occupations where the event happens."""
    data = distributions()
    occupations = data["traumas"][kind].get("occupations", data["occupations"])
    leading = {level for occupation in occupations for level in data["occupations"][occupation]}
    shares = {
        level: share
        for level, share in band(data["education"], age).items()
        if level in leading and data["education"]["youngest"][level] <= age
    }
    whole = sum(shares.values())
    return {level: share / whole for level, share in shares.items()}


def mean_severity(kind: str) -> float:
    """Mean PCL-5 total, 0-80, of personas with this kind of trauma, before it is cut to the range."""
    data = distributions()
    shift = "interpersonal" if data["traumas"][kind].get("interpersonal") else "other"
    return float(data["severity"]["mean"] + data["severity_shift"][shift])


def depression(kind: str, severity: int) -> float:
    """Probability of depression beside the trauma, by kind and severity."""
    numbers = distributions()["depression"]
    base = numbers["probable" if severity >= distributions()["cut_off"]["total"] else "below"]
    if distributions()["traumas"][kind].get("interpersonal"):
        return float(base * numbers["interpersonal"])
    return float(base * numbers.get(kind, 1.0))


def lifted(weights: Mapping[Any, float], least: float) -> dict[Any, float]:
    """Weights as shares of one, those below `least` lifted to it at the cost of the others in proportion."""
    raised: set[Any] = set()
    while True:
        free = 1 - least * len(raised)
        whole = sum(weight for name, weight in weights.items() if name not in raised)
        shares = {name: least if name in raised else free * weight / whole for name, weight in weights.items()}
        low = {name for name, share in shares.items() if share < least - 1e-12}
        if not low:
            return shares
        raised |= low


def band(table: Mapping[Any, Any], age: int) -> Any:
    """The entry of a table by first years of age that holds at this age."""
    return table[max(start for start in table if isinstance(start, int) and start <= age)]


def _onset(youngest: float, oldest: float, rng: random.Random) -> float:
    """Age at the event, in years; leaning to recent ones, since those are more often what people write about."""
    return youngest + (oldest - youngest) * float(rng.betavariate(2, 1))


def _occupation(age: int, education: str, allowed: list[str] | None, rng: random.Random) -> str:
    """Student, unemployed, `retired ...` or an occupation; an event at work leaves only the occupations where it happens."""
    data = distributions()
    occupation: str = rng.choice(_fitting(education, tuple(allowed or data["occupations"])))
    retirement, student = data["retirement"], data["student"]
    too_old = age > retirement["physical"] and occupation in data["physical"]
    if age <= student["oldest"] and education in student["schooling"] and rng.random() < student["share"] and allowed is None:
        return "student"
    if too_old or rng.random() < band(data["not_working"], age):
        if age >= retirement["earliest"]:
            return f"retired {occupation}"
        return occupation if allowed else "unemployed"
    return occupation


@functools.cache
def _fitting(education: str, allowed: tuple[str, ...]) -> list[str]:
    return [o for o, schools in distributions()["occupations"].items() if education in schools and o in allowed]


def _condition(kind: str, gender: str, severity: int, rng: random.Random) -> str:
    data = distributions()
    if rng.random() < depression(kind, severity):
        return "depression"
    weights = dict(data["conditions"]["weights"])
    if data["traumas"][kind].get("injury"):
        weights["chronic pain"] *= data["conditions"]["chronic pain"]
    if gender == "man":
        weights["alcohol problems"] *= data["conditions"]["alcohol problems"]
    condition: str = _draw(weights, rng)
    return condition


def _behaviors(occupation: str, condition: str, rng: random.Random) -> list[str]:
    """Two to four; drinking goes with alcohol problems, and what belongs to a job needs one."""
    data = distributions()
    idle = occupation == "unemployed" or occupation.startswith("retired")
    fitting = [b for b in data["behaviors"] if not (idle and b in data["working_behaviors"])]
    chosen = rng.sample(fitting, rng.randint(2, 4))
    if condition == "alcohol problems" and "drinking in the evening" not in chosen:
        chosen[0] = "drinking in the evening"
    return sorted(chosen)


def _symptoms(severity: int, rng: random.Random) -> list[str]:
    """The least that the rule asks of each cluster B-E, and up to two more, the likelier the higher the severity."""
    data = distributions()
    probable = severity >= data["cut_off"]["total"]
    chosen = []
    for cluster, symptoms in data["symptoms"].items():
        if cluster == "source":
            continue
        likely = min(0.9, data["symptom_shares"][cluster] * severity / data["severity"]["mean"])
        count = data["symptom_rule"][cluster] if probable else 1
        count = min(len(symptoms), count + sum(rng.random() < likely for _ in range(2)))
        # The weighted draw without replacement of Efraimidis and Spirakis: the largest of u ** (1 / weight).
        keys = {s: rng.random() ** (1 / data["symptom_ranks"].get(s, 1.0)) for s in symptoms}
        chosen += [f"{cluster}: {symptom}" for symptom in sorted(sorted(symptoms, key=lambda s: -keys[s])[:count])]
    return chosen


def _draw(weights: Mapping[Any, float], rng: random.Random) -> Any:
    return rng.choices(list(weights), list(weights.values()))[0]


def _at(shares: Mapping[Any, float], place: float) -> Any:
    """The entry that covers a place of the unit interval, each as wide as its share."""
    for name, share in shares.items():
        place -= share
        if place < 0:
            return name
    return name
