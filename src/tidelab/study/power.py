"""How many participants a study needs: by simulation under the planned analysis, for the design as it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from tidelab.study.design import Design
from tidelab.study.minds import Effects, World
from tidelab.study.planned import of_ratings
from tidelab.study.simulate import Session, sessions


@dataclass(frozen=True)
class Power:
    """What `participants` sessions give: the share of simulated studies in which a difference was found, with its simulation error."""

    participants: int
    difference: float
    power: float
    error: float
    """Standard error of `power`: of the simulation, not of the study."""
    false_alarms: float
    """The same share where the difference is zero: should be near alpha."""
    standard_error: float
    """Of the difference, on average."""
    detectable: float
    """The difference that would be found with the power aimed at."""


def power(
    design: Design,
    themes: Mapping[str, str],
    *,
    participants: int,
    difference: float,
    effects: Effects,
    alpha: float,
    aim: float,
    simulations: int,
    seed: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Power:
    """Simulates studies with `participants` sessions in which the first two systems differ by `difference` points on one scale."""
    from scipy.stats import norm

    if len(design.systems) < 2:
        raise ValueError("a difference needs two systems")
    first, second = design.systems[0], design.systems[1]
    hits = alarms = 0
    errors: list[float] = []
    for number in range(simulations):
        drawn = sessions(design, themes, World(effects, hash_seed(seed, number)), participants)
        for planted in (difference, 0.0):
            if planted == 0.0 and number % 2:
                continue
            world = World(replace(effects, system={second: planted}), hash_seed(seed, number))
            found = of_ratings(*_columns(drawn, world)).test({second: 1.0, first: -1.0})
            if planted:
                hits += found.p < alpha and found.estimate * difference > 0
                errors.append(found.se)
            else:
                alarms += found.p < alpha
        progress(number + 1, simulations)
    share, middle = hits / simulations, float(np.mean(errors))
    reach = float(norm.ppf(1 - alpha / 2) + norm.ppf(aim)) * middle
    return Power(
        participants,
        difference,
        share,
        math.sqrt(share * (1 - share) / simulations),
        alarms / ((simulations + 1) // 2),
        middle,
        reach,
    )


def search(aim: float, sizes: Sequence[int], at: Callable[[int], Power]) -> list[Power]:
    """Tries sizes by halving until the smallest that reaches `aim` is found; all that were tried, by size."""
    tried: dict[int, Power] = {}
    low, high = 0, len(sizes)
    while low < high:
        middle = (low + high) // 2
        tried[sizes[middle]] = at(sizes[middle])
        low, high = (low, middle) if tried[sizes[middle]].power >= aim else (middle + 1, high)
    return [tried[size] for size in sorted(tried)]


def sizes(design: Design, most: int) -> list[int]:
    """Numbers of participants worth trying: whole rounds of the groups of items, growing by about a quarter."""
    step = max(1, len(design.items) // design.per_participant.items)
    found, size = [], step * max(1, math.ceil(12 / step))
    while size <= most:
        found.append(size)
        size += step * max(1, round(size / 4 / step))
    return found


def hash_seed(seed: int, number: int) -> int:
    """A seed of its own for each simulated study."""
    return (seed * 1_000_003 + number) % 2**31


def rows(found: Sequence[Power]) -> list[dict[str, Any]]:
    """As JSON values."""
    return [asdict(p) for p in found]


def _columns(drawn: list[Session], world: World) -> tuple[Any, list[int], list[str], list[str]]:
    """One scale's ratings of finished sessions: values, participants, conversations, systems."""
    values, who, which, what = [], [], [], []
    for s in drawn:
        if not s.finished or s.mind.careless:  # careless ones fail the attention checks, and the plan leaves them out
            continue
        mind = replace(s.mind, world=world)
        values.append(mind.ratings(s.pages, 1)[:, 0])
        who += [s.number] * len(s.pages)
        which += [p.conversation_id for p in s.pages]
        what += [p.system_id for p in s.pages]
    return np.concatenate(values).astype(float), who, which, what
