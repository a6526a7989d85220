"""Simulated participants with known effects. They decide no claim about people; they show whether the study would find what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tidelab.study.assign import Showing
from tidelab.study.design import Design

Floats = npt.NDArray[np.float64]
OLDER = ("55-64", "65-74", "75+")
GRADUATES = ("graduate",)
CENTRE = 3.0


@dataclass(frozen=True)
class Effects:
    """What is planted, in points of the 1-5 scale; all of it is made up."""

    system: Mapping[str, float] = field(default_factory=dict)
    """Shift of each system; `spread` gives one where none is said."""
    scenario: float = 0.2
    """Standard deviation between conversations."""
    reply: float = 0.25
    """Standard deviation between replies of one system."""
    severity: float = 0.45
    """Standard deviation between raters."""
    noise: float = 0.8
    """Standard deviation of one answer."""
    older_validation: float = 0.35
    """What people of 55 and older add where validation comes before support."""
    graduate_layered: float = 0.3
    """What people with a graduate degree add where a reply is emotionally layered."""
    careless: float = 0.05
    """Share of participants who answer at random."""
    dropout: float = 0.08
    """Share of participants who stop somewhere on the way."""
    slips: float = 0.02
    """Chance that a careful participant fails an attention check."""


def spread(systems: Sequence[str], largest: float = 0.8) -> dict[str, float]:
    """Effects from 0 for the first system to `-largest` for the last, in even steps."""
    return {s: round(-largest * i / max(len(systems) - 1, 1), 3) for i, s in enumerate(systems)}


@dataclass(frozen=True)
class World:
    """What all participants meet: effects, and what conversations and replies are like. Drawn by the seed alone."""

    effects: Effects
    seed: int

    def conversation(self, conversation_id: str) -> float:
        """Shift of a conversation."""
        return self.effects.scenario * self._normal("conversation", conversation_id)

    def reply(self, showing: Showing) -> float:
        """Shift of a reply, its system's included."""
        own = self.effects.reply * self._normal("reply", showing.conversation_id, showing.system_id)
        return own + self.effects.system.get(showing.system_id, 0.0)

    def validates(self, showing: Showing) -> bool:
        """Whether the reply counts as one that validates before it supports. A coin of the simulation, not a reading of the text."""
        return self._uniform("validates", showing.conversation_id, showing.system_id) < 0.5

    def layered(self, showing: Showing) -> bool:
        """Whether the reply counts as emotionally layered; a coin as well."""
        return self._uniform("layered", showing.conversation_id, showing.system_id) < 0.5

    def _uniform(self, *name: str) -> float:
        digest = hashlib.sha256("\0".join((str(self.seed), *name)).encode()).digest()
        return (int.from_bytes(digest[:7], "big") + 0.5) / 2**56

    def _normal(self, *name: str) -> float:
        from statistics import NormalDist

        return NormalDist().inv_cdf(self._uniform(*name))


@dataclass
class Mind:
    """One simulated participant."""

    world: World
    rng: np.random.Generator
    about: dict[str, str]
    severity: float
    careless: bool
    stops: float
    """Share of the way after which they stop; above 1 for those who finish."""

    def ratings(self, showings: Sequence[Showing], scales: int) -> npt.NDArray[np.int64]:
        """[showings, scales] of 1..5."""
        if self.careless:
            return self.rng.integers(1, 6, size=(len(showings), scales))
        e, older = self.world.effects, self.about.get("age_group") in OLDER
        graduate = self.about.get("education") in GRADUATES
        mean = [
            CENTRE + self.severity + self.world.conversation(s.conversation_id) + self.world.reply(s)
            + e.older_validation * (older and self.world.validates(s))
            + e.graduate_layered * (graduate and self.world.layered(s))
            for s in showings
        ]  # fmt: skip
        drawn = self.rng.normal(np.array(mean)[:, None], e.noise, size=(len(showings), scales))
        return np.clip(np.rint(drawn), 1, 5).astype(np.int64)

    def attention(self, asked: str) -> str:
        """The answer to an attention check."""
        if self.careless or self.rng.random() < self.world.effects.slips:
            return str(self.rng.integers(1, 6))
        return asked


def mind(design: Design, world: World, number: int) -> Mind:
    """Participant `number` of a simulation: always the same for one seed."""
    rng = np.random.default_rng([world.seed, number])
    about = {}
    for question in design.demographics:
        values = list(question.options)
        if values:
            about[question.name] = "declined" if question.decline and rng.random() < 0.03 else str(rng.choice(values))
    severity = float(rng.normal(0.0, world.effects.severity))
    careless = bool(rng.random() < world.effects.careless)
    stops = float(rng.random()) if rng.random() < world.effects.dropout else 2.0
    return Mind(world, rng, about, severity, careless, stops)
