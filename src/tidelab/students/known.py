"""Known models: dated facts about students on a hub, so that they can be planned for before anything is fetched."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from tidelab.engines.directory import is_local


@dataclass(frozen=True)
class Known:
    """A model of `known.yaml`."""

    model: str
    """Its hub id."""
    revision: str
    """The commit that a study takes."""
    parameters: int
    """As published; tied embeddings count once."""
    licence: str
    gate: str
    """What the hub asks before it hands the weights out; `none`."""
    format: str
    """The chat format, by the name of its template."""
    stop: tuple[str, ...]
    """Tokens that end a reply, the turn's end first."""
    context: int
    """Tokens of prompt and reply."""
    config: dict[str, Any]
    """Arguments of its configuration class."""


@functools.cache
def known() -> dict[str, Known]:
    """By hub id, the smallest first."""
    models = _facts()["models"].items()
    return {model: Known(model, **facts | {"stop": tuple(facts["stop"])}) for model, facts in models}


def source() -> str:
    """Where the facts come from, and when they were read."""
    facts = _facts()
    return f"{facts['source']} ({facts['read']})"


def pinned(model: str) -> str:
    """A hub id with its revision (`owner/name@revision`): the one it names, else the known one; any other model as it is."""
    entry = known().get(model)
    return f"{model}@{entry.revision}" if entry else model


def named(model: str) -> tuple[str, str]:
    """A hub id and its revision, empty where it names none; a path as it is, whatever its name holds (`nano-1m@fine-tuned`)."""
    if is_local(model):
        return model, ""
    name, _, revision = model.partition("@")
    return name, revision


@functools.cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = yaml.safe_load((resources.files("tidelab.students") / "known.yaml").read_text("utf-8"))
    return facts
