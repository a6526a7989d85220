"""A small grammar engine: rules with alternatives, expanded at random but repeatably into text.

A rule is a name and its alternatives. In an alternative `{name}` expands that rule and `[this|that|]` picks one of the parts
(an empty part leaves nothing; brackets may hold rules and brackets). Rules are plain data, kept in `data/*.yaml`.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import yaml

# A compiled piece of a template: a literal text, or the name of a rule (one-tuple), or inline alternatives (list).
Piece = str | tuple[str] | list["Template"]
Template = tuple[Piece, ...]
Rules = dict[str, tuple[Template, ...]]

_TOKEN = re.compile(r"\{(\w+)\}|[\[\]|]")
_VOWEL = re.compile(r"(?!one\b|once\b|uni(?![mn])|us[eu]|eu)[aeiou]|8|11\b|18\b|hour|honest", re.IGNORECASE)  # said with a vowel
_ARTICLE = re.compile(r"\b([Aa])n? (?=(\w+))")
_SENTENCE_START = re.compile(r"(^|[.!?]\s+)([a-z])")


def load(name: str) -> Any:
    """The YAML file `data/<name>.yaml` of the corpus room."""
    return yaml.safe_load(resources.files("tidelab.corpus").joinpath(f"data/{name}.yaml").read_text(encoding="utf-8"))


def rules(data: Mapping[str, str | Sequence[str]]) -> Rules:
    """Compiled rules out of name -> alternatives; a bare string is a rule of one alternative."""
    return {
        name: tuple(_compile(a) for a in ([alternatives] if isinstance(alternatives, str) else alternatives))
        for name, alternatives in data.items()
    }


@functools.cache
def _compile(text: str) -> Template:
    stack: list[list[list[Piece]]] = [[[]]]
    place = 0
    for token in _TOKEN.finditer(text):
        if literal := text[place : token.start()]:
            stack[-1][-1].append(literal)
        place = token.end()
        if token[1]:
            stack[-1][-1].append((token[1],))
        elif token[0] == "[":
            stack.append([[]])
        elif len(stack) == 1:
            raise ValueError(f"{token[0]!r} outside brackets in {text!r}")
        elif token[0] == "|":
            stack[-1].append([])
        else:
            parts = stack.pop()
            stack[-1][-1].append([tuple(p) for p in parts])
    if len(stack) != 1:
        raise ValueError(f"a bracket is not closed in {text!r}")
    if literal := text[place:]:
        stack[0][0].append(literal)
    return tuple(stack[0][0])


def expand(name: str, grammar: Rules, rng: random.Random) -> str:
    """One random expansion of a rule, not yet polished. Raises KeyError for a rule that the grammar lacks."""
    out: list[str] = []
    _expand(_pick(grammar[name], rng), grammar, rng, out)
    return "".join(out)


def _expand(template: Template, grammar: Rules, rng: random.Random, out: list[str]) -> None:
    for piece in template:
        if isinstance(piece, str):
            out.append(piece)
        elif isinstance(piece, tuple):
            _expand(_pick(grammar[piece[0]], rng), grammar, rng, out)
        else:
            _expand(_pick(piece, rng), grammar, rng, out)


def _pick(alternatives: Sequence[Template], rng: random.Random) -> Template:
    return alternatives[int(rng.random() * len(alternatives))]


def polish(text: str) -> str:
    """Single spaces, none before a stop, `a` or `an` by the next word, a capital at each sentence's start."""
    text = " ".join(text.split())
    text = re.sub(r" ([.,;:?!])", r"\1", text)
    text = _ARTICLE.sub(lambda m: f"{m[1]}n " if _VOWEL.match(m[2]) else f"{m[1]} ", text)
    return _SENTENCE_START.sub(lambda m: m[1] + m[2].upper(), text)
