"""Is a text on a scenario's topic? By the terms of `data/topics.yaml`, so that every text is judged by the same open list."""

from __future__ import annotations

import functools
import re
from importlib import resources

import yaml

from tidelab.errors import TidelabError


@functools.cache
def topics() -> dict[str, dict[str, tuple[str, ...]]]:
    """theme -> trigger -> its terms, lower-case words or phrases."""
    text = resources.files("tidelab.text").joinpath("data/topics.yaml").read_text(encoding="utf-8")
    return {theme: {trigger: tuple(terms) for trigger, terms in triggers.items()} for theme, triggers in yaml.safe_load(text).items()}


def on_topic(theme: str, trigger: str, text: str) -> bool:
    """True if `text` holds a term of that trigger's topic as a whole word or phrase, whatever its case.

    Raises TidelabError for a theme or trigger without terms. A sign of topic only: it can't tell a good reply from a bad one.
    """
    return _pattern(theme, trigger).search(text) is not None


@functools.cache
def _pattern(theme: str, trigger: str) -> re.Pattern[str]:
    try:
        terms = topics()[theme][trigger]
    except KeyError:
        known = ", ".join(f"{theme}/{trigger}" for theme, triggers in topics().items() for trigger in triggers)
        raise TidelabError(f"no topic terms are known for theme {theme!r}, trigger {trigger!r}", mend=f"use one of: {known}") from None
    words = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in terms)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
