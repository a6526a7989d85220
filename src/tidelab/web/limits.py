"""What the server won't take: bodies that are too large, and a guesser's hundredth link."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from hashlib import blake2b

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY = 256 * 1024  # bytes of a form
FIELD = 10_000  # characters of one field


class BodyLimit:
    """Refuses a body of more than `BODY` bytes, by its announcement or as it comes in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > BODY:
            scope["tidelab.refused"] = True
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY or scope.get("tidelab.refused"):
                raise HTTPException(413, "large_form")
            return message

        await self.app(scope, counted, send)


class Rate:
    """At most `most` requests of one sender within `seconds`. Senders are kept in memory, hashed with a key that dies with the process."""

    SENDERS = 20_000

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._key = secrets.token_bytes(32)
        self._windows: OrderedDict[bytes, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def exceeded(self, sender: str) -> bool:
        """Counts one more request, and says whether it is one too many."""
        hidden, moment = blake2b(sender.encode(), key=self._key, digest_size=16).digest(), time.monotonic()
        with self._lock:
            began, count = self._windows.get(hidden, (moment, 0))
            if moment - began >= self.seconds:
                began, count = moment, 0
            self._windows[hidden] = (began, count + 1)
            self._windows.move_to_end(hidden)
            while len(self._windows) > self.SENDERS:
                self._windows.popitem(last=False)
        return count >= self.most


class Guesses:
    """Counts failed sign-ins of an address. Addresses are kept in memory, hashed with a key that dies with the process, for `SECONDS`."""

    MOST, SECONDS, ADDRESSES = 10, 60.0, 10_000

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._failed: OrderedDict[bytes, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def blocked(self, address: str) -> bool:
        """Whether the address has guessed too often of late."""
        with self._lock:
            return len(self._recent(self._hidden(address))) >= self.MOST

    def failed(self, address: str) -> None:
        """One more wrong link."""
        with self._lock:
            hidden = self._hidden(address)
            self._failed[hidden] = [*self._recent(hidden), time.monotonic()]
            self._failed.move_to_end(hidden)
            while len(self._failed) > self.ADDRESSES:
                self._failed.popitem(last=False)

    def _hidden(self, address: str) -> bytes:
        return blake2b(address.encode(), key=self._key, digest_size=16).digest()

    def _recent(self, hidden: bytes) -> list[float]:
        since = time.monotonic() - self.SECONDS
        recent = [t for t in self._failed.get(hidden, []) if t > since]
        if not recent:
            self._failed.pop(hidden, None)
        return recent
