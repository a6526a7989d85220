"""Asked: whoever answers test conversations over a network. A served student; and `teacher@resample`, the teacher asked as students are.

A teacher does not score 1.0 against itself, so the top of every reference metric lies at `teacher@resample` and not at 1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tidelab.engines import facts, provider
from tidelab.engines.base import Answer, Prompt
from tidelab.engines.chat_format import THINK, THOUGHT
from tidelab.engines.remote import Remote
from tidelab.engines.store import ResponseStore
from tidelab.experiment import Calls

AT_ONCE = 64
"""Prompts in one batch of the cell; `calls.concurrency` says how many of them are in flight."""


class Asked:
    """A model behind an API as an Engine. Answers are kept in a response store: none is paid for twice, or computed again.

    name       -- `anthropic:MODEL`, `openai:MODEL` or `openai-compatible:URL#MODEL`
    max_tokens -- after which a reply is cut
    greedy     -- asks for the likeliest token each time, as a student's replies are made; else as the provider samples

    Raises TidelabError where the key is missing, the model can't be asked, the budget is spent, or a server answers nothing any more:
    what it has answered is kept, and the next command goes on there.
    """

    def __init__(self, name: str, store: Path, calls: Calls, max_tokens: int, *, greedy: bool) -> None:
        self.name, self.store, self.calls, self.max_tokens, self.greedy = name, store, calls, max_tokens, greedy
        self.identity = provider.identity(name) + (", greedy" if greedy else "")
        self.facts: dict[str, Any] = {}
        """What was used and paid, the writing of the corpus included, and what failed, for the cell's notes."""

    def answer(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer for each prompt; a prompt that the provider does not answer gets its reason."""
        return asyncio.run(self._ask(prompts))

    async def _ask(self, prompts: Sequence[Prompt]) -> list[Answer]:
        calls = self.calls
        kind, model, _ = provider.parse(self.name)
        price = facts.price(kind, model) if calls.price is None else facts.Price(*calls.price, 1.0, "as given by the user")
        store = ResponseStore(self.store)
        try:
            source = provider.provider(self.name, timeout=calls.timeout, concurrency=calls.concurrency, greedy=self.greedy)
            try:
                remote = Remote(source, store, calls, price=price, answer_tokens=self.max_tokens)
                if any(store.get(remote.key(prompt)) is None for prompt in prompts):
                    await remote.check()
                answers = await asyncio.gather(*(remote.ask(prompt) for prompt in prompts))
                self.facts = {"usage": store.totals(remote.teacher), "failed_calls": dict(remote.faults)}
                return [_without_thinking(answer) for answer in answers]
            finally:
                await source.close()
        finally:
            store.close()


def _without_thinking(answer: Answer) -> Answer:
    """The reply alone, without space around it, as local engines give it; how much thinking was taken off, a server does not say."""
    if answer.text is None:
        return answer
    if THOUGHT in answer.text:
        return replace(answer, text=answer.text.rpartition(THOUGHT)[2].strip())
    if answer.text.lstrip().startswith(THINK):
        return replace(answer, text=None, stop_reason="error", reason="thought aloud and never began to reply")
    return replace(answer, text=answer.text.strip())
