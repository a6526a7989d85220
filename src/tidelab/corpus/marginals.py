"""What a sample of personas looks like against what it was drawn from: marginals, targets, and the minimum of each stratum."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tidelab.corpus.personas import ages, depression, distributions, genders, mean_severity, schooling
from tidelab.records import Persona

DEGREES = ("bachelor's degree", "master's degree", "doctorate")


class Marginal(NamedTuple):
    """One stratum: share in the sample, share in the distribution, and the least share that the design promises (0: none)."""

    what: str
    value: str
    number: int
    share: float
    target: float
    minimum: float


def marginals(personas: Sequence[Persona]) -> list[Marginal]:
    """Gender, age band, education, trauma type and co-occurring depression of personas from `personas.sample`."""
    coverage = distributions()["coverage"]
    kinds = list(distributions()["traumas"])
    minimum = coverage["minimum"] | {"trauma type": {kind: len(personas) // len(kinds) / max(1, len(personas)) for kind in kinds}}
    counts = {what: Counter(strata(p)[what] for p in personas) for what in targets()}
    return [
        Marginal(what, value, counts[what][value], counts[what][value] / max(1, len(personas)), target, minimum.get(what, {}).get(value, 0))
        for what, shares in targets().items()
        for value, target in shares.items()
    ]


def shortfalls(personas: Sequence[Persona]) -> list[Marginal]:
    """Strata below their minimum. Promised from `coverage.from` personas on; fewer can't hold every stratum."""
    return [m for m in marginals(personas) if m.share < m.minimum]


def strata(persona: Persona) -> dict[str, str]:
    """To which stratum a persona belongs: `gender`, `age` band, `education`, `trauma type`, `depression`."""
    return {
        "gender": persona.gender,
        "age": age_band(persona.age or 0),
        "education": "degree" if persona.education in DEGREES else "no degree",
        "trauma type": persona.trauma_type,
        "depression": "yes" if persona.co_occurring_condition == "depression" else "no",
    }


def age_band(age: int) -> str:
    """`18-29`, `30-44`, `45-59` or `60-85`."""
    bands = distributions()["ages"]
    starts = list(bands["adults"])
    ends = [start - 1 for start in starts[1:]] + [bands["oldest"]]
    return next(f"{start}-{end}" for start, end in reversed(list(zip(starts, ends, strict=True))) if age >= start)


def targets() -> dict[str, dict[str, float]]:
    """The exact marginal shares of the joint distribution: what -> value -> share."""
    kinds = list(distributions()["traumas"])
    shares: dict[str, dict[str, float]] = {what: {} for what in ("gender", "age", "education", "trauma type", "depression")}

    def add(what: str, value: str, share: float) -> None:
        shares[what][value] = shares[what].get(value, 0.0) + share / len(kinds)

    for kind in kinds:
        add("trauma type", kind, 1.0)
        for gender, share in genders(kind).items():
            add("gender", gender, share)
        for age, share in ages(kind).items():
            degree = sum(s for level, s in schooling(kind, age).items() if level in DEGREES)
            add("age", age_band(age), share)
            add("education", "no degree", share * (1 - degree))
            add("education", "degree", share * degree)
        add("depression", "yes", _depressed(kind))
        add("depression", "no", 1 - _depressed(kind))
    return shares


def sources() -> list[dict[str, Any]]:
    """Where each group of numbers comes from: group, source, address, read, and what in it is unverified."""
    return [
        {"group": name, **{key: group.get(key, "") for key in ("source", "address", "read", "unverified")}}
        for name, group in distributions().items()
        if isinstance(group, dict) and "source" in group
    ]


def _depressed(kind: str) -> float:
    """Over the distribution of severity: depression on either side of the cut-off."""
    cut = distributions()["cut_off"]["total"]
    below = statistics.NormalDist(mean_severity(kind), distributions()["severity"]["spread"]).cdf(cut - 0.5)
    return below * depression(kind, cut - 1) + (1 - below) * depression(kind, cut)
