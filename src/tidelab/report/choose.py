"""Which conversations the gallery shows: some drawn by the seed whatever their scores, and examples of each way to fail."""

from __future__ import annotations

import random
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from tidelab.report.failures import Failed

SHOWN = 24
FAILING = 24


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


def choose_failing(failed: Failed, chosen: list[str], seed: int, shown: int = FAILING) -> list[str]:
    """More conversation_ids: kinds of failure take turns, and within a kind its systems do, none twice and none of `chosen`."""
    draw = random.Random(f"{seed} failures to read")
    kinds: dict[str, dict[str, list[str]]] = {}
    for (conversation_id, system_id), reasons in sorted(failed.items()):
        for kind in reasons:
            kinds.setdefault(kind, {}).setdefault(system_id, []).append(conversation_id)
    queues = []
    for kind in sorted(kinds):
        piles = list(kinds[kind].values())
        for pile in piles:
            draw.shuffle(pile)
        queues.append(_in_turn(piles))
    known = set(chosen)
    return [c for c in dict.fromkeys(_in_turn(queues)) if c not in known][:shown]


def _in_turn(piles: list[list[str]]) -> list[str]:
    return [item for row in zip_longest(*piles) for item in row if item is not None]
