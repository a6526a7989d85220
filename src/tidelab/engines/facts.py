"""Dated facts about providers: what a model costs, and what their terms say about training on outputs."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens; `batch` is the share that batch answers cost; `source` says where from and when."""

    input: float
    output: float
    batch: float
    source: str

    def of(self, prompt_tokens: int, reply_tokens: int, batch: bool = False) -> float:
        """US dollars of one answer."""
        return (prompt_tokens * self.input + reply_tokens * self.output) / 1e6 * (self.batch if batch else 1)


@functools.cache
def _facts(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = yaml.safe_load((resources.files("tidelab.engines") / f"{name}.yaml").read_text("utf-8"))
    return facts


def price(provider: str, model: str) -> Price | None:
    """A model's price by the longest listed beginning of its name (a date may follow it); None where nothing is known."""
    known = _facts("prices").get(provider)
    fitting = [name for name in (known or {}).get("models", {}) if model == name or model.startswith((f"{name}-2", f"{name}@"))]
    if not known or not fitting:
        return None
    entry = known["models"][max(fitting, key=len)]
    return Price(entry["input"], entry["output"], known["batch"], known["source"])


def terms(provider: str) -> dict[str, str]:
    """`says` and `source` of a provider's terms on training with outputs; empty for the rehearsal teacher."""
    known: dict[str, str] = _facts("terms").get(provider, {})
    return known
