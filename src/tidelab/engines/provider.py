"""Provider: one model behind somebody's API, through the official SDK; its own retries are switched off, ours are counted."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from tidelab.engines.base import Answer, Prompt
from tidelab.engines.faults import CallError
from tidelab.errors import TidelabError

Body = dict[str, Any]
KINDS = ("anthropic", "openai", "openai-compatible")
KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY", "openai-compatible": "TIDELAB_COMPATIBLE_API_KEY"}
"""Where each kind's key is read from. A compatible server may need none."""


class Provider(Protocol):
    """What every provider does. Faults are raised as `CallError`; an answer may be a refusal, with its reason."""

    kind: str
    model: str
    forms: tuple[str, ...]
    """Ways of asking for structure, the strictest first."""
    identity: str
    """SDK with version, kind and model."""
    has_batches: bool

    def body(self, prompt: Prompt, form: str, max_tokens: int) -> Body:
        """The request."""

    async def send(self, body: Body) -> Answer:
        """One answer; its cost and form are filled in by the caller."""

    async def check(self) -> None:
        """Raises a CallError if the key is refused, the endpoint not reached or the model not known."""

    async def submit(self, tag: str, requests: Sequence[tuple[str, Body]]) -> str:
        """Makes a batch of (key, body); returns its handle."""

    async def lost(self, tag: str, begun: float, size: int, known: set[str]) -> list[str]:
        """Handles of batches at the provider that may be the one begun with this tag, whose handle never reached us."""

    async def ended(self, handle: str) -> bool:
        """Is everything in the batch answered, refused or expired?"""

    def results(self, handle: str) -> AsyncIterator[tuple[str, Answer | CallError]]:
        """(key, what came of it) of an ended batch, in any order."""

    async def close(self) -> None:
        """Closes the connections."""


def provider(name: str, *, timeout: float, concurrency: int, greedy: bool = False) -> Provider:
    """The provider that `anthropic:MODEL`, `openai:MODEL` or `openai-compatible:URL#MODEL` names. Made inside a running event loop.

    TidelabError if the name is none of these, or its key is missing in the environment. `timeout` is in seconds for one call.
    `greedy` asks for the likeliest token each time, and is for OpenAI-compatible servers alone.
    """
    kind, model, url = parse(name)
    key = check_key(name)
    if kind == "anthropic":
        from tidelab.engines.anthropic import Anthropic

        return Anthropic(model, key, timeout=timeout, concurrency=concurrency)
    from tidelab.engines.openai import OpenAI

    return OpenAI(kind, model, key or "none", url, timeout=timeout, concurrency=concurrency, greedy=greedy)


def http_client(sdk: Any, timeout: float, concurrency: int) -> Any:
    """The HTTP client of the anthropic or openai module, with room for as many connections as calls at once."""
    limits = type(sdk.DEFAULT_CONNECTION_LIMITS)(max_connections=max(1000, concurrency), max_keepalive_connections=max(100, concurrency))
    return sdk.DefaultAsyncHttpxClient(limits=limits, timeout=timeout)


def check_key(name: str) -> str:
    """The key that a provider's name needs; empty for a compatible server without one. TidelabError if it is missing."""
    kind, _, _ = parse(name)
    key = os.environ.get(KEYS[kind], "").strip()
    if not key and kind != "openai-compatible":
        mend = f"set {KEYS[kind]} to your key; it is read from the environment alone and never stored"
        raise TidelabError(f"there is no key for {kind}", where=KEYS[kind], mend=mend)
    return key


def parse(name: str) -> tuple[str, str, str | None]:
    """(kind, model, URL or None) of a provider's name."""
    kind, colon, rest = name.partition(":")
    if not colon or kind not in KINDS or not rest:
        mend = "write anthropic:MODEL, openai:MODEL or openai-compatible:URL#MODEL"
        raise TidelabError(f"`{name}` names no model of a provider", where="teacher", mend=mend)
    if kind != "openai-compatible":
        return kind, rest, None
    url, hash_, model = rest.rpartition("#")
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and bool(hash_ and model) and (parts.port or 1) > 0
    except ValueError:
        right = False
        parts = urlsplit("")
    if not right:
        mend = "write openai-compatible:http://127.0.0.1:8000/v1#MODEL"
        raise TidelabError("an OpenAI-compatible server needs its URL and the model's name", where="teacher", mend=mend)
    if parts.username or parts.password or parts.query:
        mend = f"take the key out of the URL and set {KEYS[kind]} to it"
        raise TidelabError("the server's URL holds a name, a password or a query", where="teacher", mend=mend)
    return kind, model, url


def identity(name: str) -> str:
    """`kind:model`, without the server's address, which may change: what goes into fingerprints, the store and provenance."""
    kind, model, _ = parse(name)
    return f"{kind}:{model}"


def read_json(text: str) -> Mapping[str, Any]:
    """A provider's reply as an object; what can't be read is a passing fault, since the provider's own replies are JSON."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise CallError("passing", f"the provider's reply is no JSON object ({len(text):,} characters)")
    return value


def count(value: Any) -> int | None:
    """A token count, None where the server gives none that can be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40 else None


def strip_keys(text: str) -> str:
    """A message without anything that looks like a key: providers may quote the key that they refuse."""
    return re.sub(r"\b(?:sk|key|Bearer)[-_ ][\w*.-]{8,}", "[key]", text)
