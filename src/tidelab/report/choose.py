"""Twelve conversations to read: drawn by the seed, spread over sources and themes, whatever their scores."""

from __future__ import annotations

import random
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

SHOWN = 12


def choose(test: pl.DataFrame, seed: int, shown: int = SHOWN) -> list[str]:
    """conversation_ids: sources take turns, and within a source its themes do."""
    draw = random.Random(f"{seed} conversations to read")
    queues = []
    for source in sorted(test["source"].unique()):
        by_theme: dict[str, list[str]] = {}
        here = test.filter(test["source"] == source).sort("conversation_id")
        for conversation_id, theme in here.select("conversation_id", "theme").iter_rows():
            by_theme.setdefault(theme, []).append(conversation_id)
        piles = [by_theme[theme] for theme in sorted(by_theme)]
        for pile in piles:
            draw.shuffle(pile)
        draw.shuffle(piles)
        queues.append(_in_turn(piles))
    return _in_turn(queues)[:shown]


def _in_turn(piles: list[list[str]]) -> list[str]:
    return [item for row in zip_longest(*piles) for item in row if item is not None]
