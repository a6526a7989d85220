"""teacher@resample: the teacher answers the test conversations once more, asked as the students are; what a student could attain at best.

A teacher does not score 1.0 against itself, so the top of every reference metric lies here and not at 1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidelab.engines import facts, provider
from tidelab.engines.base import Answer, Prompt
from tidelab.engines.remote import Remote
from tidelab.engines.store import ResponseStore
from tidelab.experiment import Calls

AT_ONCE = 64
"""Prompts in one batch of the cell; `calls.concurrency` says how many of them are in flight."""


class Teacher:
    """A model behind an API as an Engine. Answers are kept in the run's response store: none is paid for twice.

    Raises TidelabError where the key is missing, the model can't be asked, or the budget is spent.
    """

    def __init__(self, teacher: str, store: Path, calls: Calls, max_tokens: int) -> None:
        self.teacher, self.store, self.calls, self.max_tokens = teacher, store, calls, max_tokens
        self.identity = provider.identity(teacher)
        self.facts: dict[str, Any] = {}
        """What was used and paid, the writing of the corpus included, and what failed, for the cell's notes."""

    def answer(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer for each prompt; a prompt that the provider does not answer gets its reason."""
        return asyncio.run(self._ask(prompts))

    async def _ask(self, prompts: Sequence[Prompt]) -> list[Answer]:
        calls = self.calls
        kind, model, _ = provider.parse(self.teacher)
        price = facts.price(kind, model) if calls.price is None else facts.Price(*calls.price, 1.0, "as given by the user")
        store = ResponseStore(self.store)
        try:
            source = provider.provider(self.teacher, timeout=calls.timeout, concurrency=calls.concurrency)
            try:
                remote = Remote(
                    source, store, price=price, max_cost=calls.max_cost, concurrency=calls.concurrency, max_tokens=self.max_tokens
                )
                if any(store.get(remote.key(prompt)) is None for prompt in prompts):
                    await remote.check()
                answers = await asyncio.gather(*(remote.ask(prompt) for prompt in prompts))
                self.facts = {"usage": store.totals(remote.teacher), "failed_calls": dict(remote.faults)}
                return list(answers)
            finally:
                await source.close()
        finally:
            store.close()
