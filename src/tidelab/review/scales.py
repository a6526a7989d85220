"""What reviewers rate and why they reject, read from scales.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import yaml

APART = 2
"""Ratings of two reviewers that differ by so much go to a third."""


@dataclass(frozen=True)
class Scale:
    """One question with five worded anchors; `anchors[0]` belongs to the rating 1."""

    name: str
    title: str
    ask: str
    anchors: tuple[str, ...]


_DOCUMENT = yaml.safe_load((resources.files("tidelab.review") / "scales.yaml").read_text("utf-8"))

VERSION: int = _DOCUMENT["version"]
SCALES = tuple(Scale(s["name"], s["title"], s["ask"], tuple(s["anchors"])) for s in _DOCUMENT["scales"])
REASONS: dict[str, str] = _DOCUMENT["reasons"]
