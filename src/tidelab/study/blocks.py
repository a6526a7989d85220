"""Balanced incomplete blocks: which systems one participant sees, so that each system and each pair of them is seen equally often."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import lru_cache

MOST = 330
"""Blocks in a deck where no shorter one balances every pair; two pairs then differ by up to three uses."""
Block = tuple[int, ...]


@lru_cache(maxsize=64)
def deck(systems: int, size: int) -> tuple[Block, ...]:
    """Blocks of `size` of 0..systems-1, in order.

    After any number of blocks two systems differ by at most one use; where `size` divides `systems`, each run of systems / size blocks uses
    each system once. The deck ends as soon as all systems and all pairs have been used equally often, or after `MOST` blocks.
    """
    if size == 2 and systems % 2 == 0:
        return _tournament(systems)
    every = list(itertools.combinations(range(systems), size))
    inside = {block: list(itertools.combinations(block, 2)) for block in every}
    used, times = [0] * systems, Counter[Block]()
    pairs = Counter(dict.fromkeys(itertools.combinations(range(systems), 2), 0))
    ordered: list[Block] = []

    def cost(block: Block) -> tuple[int, int, int, Block]:
        # the least used systems together, then those that have met least
        return sum(used[s] for s in block), sum(pairs[p] ** 2 for p in inside[block]), times[block], block

    while len(ordered) < MOST:
        block = min(every, key=cost)
        for system in block:
            used[system] += 1
        pairs.update(inside[block])
        times[block] += 1
        ordered.append(block)
        if len(set(used)) == 1 and len(set(pairs.values())) <= 1:
            break
    return tuple(ordered)


def _tournament(systems: int) -> tuple[Block, ...]:
    """All pairs in rounds in which everybody plays once: the circle method."""
    turning, blocks = list(range(1, systems)), []
    for _ in range(systems - 1):
        seats = [0, *turning]
        blocks += [tuple(sorted((seats[i], seats[-1 - i]))) for i in range(systems // 2)]
        turning = turning[1:] + turning[:1]
    return tuple(blocks)
