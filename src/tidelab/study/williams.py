"""Orders in which each thing stands equally often in each place, and follows each other thing equally often (Williams 1949)."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=32)
def williams(size: int) -> tuple[tuple[int, ...], ...]:
    """Rows of a Williams design over 0..size-1: `size` rows where it is even, twice as many where it is odd."""
    first = [0]
    for step in range(1, size):
        first.append((step + 1) // 2 if step % 2 else size - step // 2)
    rows = [tuple((value + shift) % size for value in first) for shift in range(size)]
    return tuple(rows if size % 2 == 0 or size == 1 else rows + [row[::-1] for row in rows])
