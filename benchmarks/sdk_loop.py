"""The peer of what tidelab asks of models: a bare loop of the official SDK, which sends the same requests and forgets the answers."""

from __future__ import annotations

import asyncio
from typing import Any


async def loop(url: str, requests: list[dict[str, Any]], flying: int) -> int:
    """The SDK's own method, `flying` workers, no retries; returns the answers' characters."""
    import openai

    characters = 0
    limits = type(openai.DEFAULT_CONNECTION_LIMITS)(max_connections=1000, max_keepalive_connections=max(100, flying))
    http = openai.DefaultAsyncHttpxClient(limits=limits)
    async with openai.AsyncOpenAI(api_key="right-key", base_url=url, max_retries=0, http_client=http) as client:
        waiting = iter(requests)

        async def work() -> None:
            nonlocal characters
            for body in waiting:
                completion = await client.chat.completions.create(**body)
                characters += len(completion.choices[0].message.content or "")

        await asyncio.gather(*(work() for _ in range(flying)))
    return characters
