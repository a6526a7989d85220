"""Limiter: how many requests may be in flight. More while all goes well, half when the provider is overloaded."""

from __future__ import annotations

import asyncio
import time
from collections import deque

START = 8


class Limiter:
    """Adaptive concurrency for one provider, in one event loop.

    Starts at 8 (or `most`), doubles with each round of successes until the first overload, then grows by one a round; an overload
    halves it, once for all requests that were sent before it was felt. Nothing is sent before a retry-after has passed.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(min(START, most))
        self.flying = 0
        self.cuts = 0
        self._steady = False
        self._cut_at = 0.0
        self._resume = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def acquire(self) -> float:
        """Waits for a place; returns the moment of sending, which `overloaded` wants back."""
        if self.flying >= int(self.limit):
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place  # whoever wakes us has counted us in
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self.release()
                raise
        else:
            self.flying += 1
        try:
            while (left := self._resume - time.monotonic()) > 0:
                await asyncio.sleep(left)
        except asyncio.CancelledError:
            self.release()
            raise
        return time.monotonic()

    def release(self) -> None:
        """Gives the place back, whatever came of it."""
        self.flying -= 1
        while self._waiting and self.flying < int(self.limit):
            place = self._waiting.popleft()
            if not place.done():
                self.flying += 1
                place.set_result(None)

    def succeeded(self) -> None:
        """An answer came: one more for each answer at first, later one more for each round of answers."""
        self.limit = min(float(self.most), self.limit + (1 / self.limit if self._steady else 1))

    def overloaded(self, sent: float, retry_after: float | None) -> None:
        """The provider asked to slow down."""
        if retry_after is not None:
            self._resume = max(self._resume, time.monotonic() + retry_after)
        if sent >= self._cut_at:
            self.limit = max(1.0, self.limit / 2)
            self.cuts += 1
            self._steady = True
            self._cut_at = time.monotonic()
