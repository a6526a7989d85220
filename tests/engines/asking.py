"""Asks a fake provider through the real SDKs: what tests of engines share."""

import asyncio
from pathlib import Path

from tests.engines.fake_provider import FakeProvider
from tidelab.engines.base import Prompt
from tidelab.engines.batches import Batches
from tidelab.engines.facts import Price
from tidelab.engines.provider import provider
from tidelab.engines.remote import Remote
from tidelab.engines.store import ResponseStore
from tidelab.experiment import Calls

PRICE = Price(3, 15, 0.5, "test")
SCHEMA = {"type": "object", "properties": {"person": {"type": "string"}, "chatbot": {"type": "string"}}}


def prompts(count: int, attempt: int = 0) -> list[Prompt]:
    return [
        Prompt(({"role": "system", "content": "Write."}, {"role": "user", "content": f"case {i}"}), SCHEMA, attempt) for i in range(count)
    ]


def ask(server: FakeProvider, kind: str, folder: Path, asked: list[Prompt], *, batch: bool = False, **how):
    """(answers, Remote) of a fresh Remote over the store in a folder."""
    settings = {"price": PRICE, "answer_tokens": 500} | how
    timeout = settings.pop("timeout", 5.0)
    calls = Calls(**{name: settings.pop(name) for name in ("max_cost", "max_tokens") if name in settings})

    async def go():
        store = ResponseStore(folder / "responses.db")
        source = provider(name(server, kind), timeout=timeout, concurrency=16)
        try:
            remote = Remote(source, store, calls, **settings)
            await remote.check()
            if batch:
                return await Batches(remote, 0.02, lambda done: None).ask(asked), remote
            return await asyncio.gather(*(remote.ask(prompt) for prompt in asked)), remote
        finally:
            await source.close()
            store.close()

    return asyncio.run(asyncio.wait_for(go(), 120))


def name(server: FakeProvider, kind: str) -> str:
    return f"openai-compatible:{server.url}/v1#fake-1" if kind == "openai-compatible" else f"{kind}:fake-1"


def addresses(server: FakeProvider) -> dict[str, str]:
    """Where the SDKs look for a server that is not the provider's."""
    return {"ANTHROPIC_BASE_URL": server.url, "OPENAI_BASE_URL": f"{server.url}/v1"}


def billed(server: FakeProvider) -> float:
    """US dollars by the server's own ledger."""
    ledger = server.ledger
    return PRICE.of(ledger.prompt_tokens, ledger.reply_tokens) + PRICE.of(ledger.batch_prompt_tokens, ledger.batch_reply_tokens, batch=True)
