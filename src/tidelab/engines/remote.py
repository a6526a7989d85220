"""Remote: asks a provider. The store comes first, then budget and limiter; faults are retried as their kind allows, and counted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace

from tidelab.engines.base import Answer, Prompt
from tidelab.engines.budget import Budget
from tidelab.engines.facts import Price
from tidelab.engines.faults import CallError
from tidelab.engines.limiter import Limiter
from tidelab.engines.provider import KEYS, Body, Provider, strip_keys
from tidelab.engines.store import ResponseStore, key
from tidelab.errors import TidelabError
from tidelab.experiment import Calls

CALLS = 8  # requests for one answer, at most
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds before a second call, doubled for each further one
IN_A_ROW = 20  # failed prompts without an answer between: the provider is gone, and going on would only fill the quarantine
GO_ON = "give the same command again: it goes on where it stopped, and nothing is paid twice"


class Remote:
    """One provider's model, asked through a response store. Lives in one event loop.

    price -- None where it isn't known; then answers have no cost
    calls -- its limits on cost and tokens hold for all this model's answers in the store, earlier commands included
    answer_tokens -- that one answer may have
    """

    def __init__(self, provider: Provider, store: ResponseStore, calls: Calls, *, price: Price | None, answer_tokens: int) -> None:
        self.provider, self.store, self.answer_tokens = provider, store, answer_tokens
        self.teacher = f"{provider.kind}:{provider.model}"
        self.budget = Budget(self.teacher, price, calls.max_cost, calls.max_tokens, answer_tokens, store.used(self.teacher))
        self.limiter = Limiter(calls.concurrency)
        self.faults: Counter[str] = Counter()
        """How often calls failed, by the fault's first words."""
        self.steps: list[str] = []
        """What the provider could not do, and what was done instead."""
        self._form = 0
        self._failed = 0

    @property
    def form(self) -> str:
        """How structure is asked for now."""
        return self.provider.forms[self._form]

    def key(self, prompt: Prompt) -> str:
        """The prompt's name in the store."""
        return key(self.teacher, prompt, self.answer_tokens)

    async def check(self) -> None:
        """TidelabError if the provider can't be asked at all."""
        for again in range(3):
            try:
                await self.provider.check()
                return
            except CallError as fault:
                if fault.kind in ("overload", "passing") and again < 2:
                    await self._pause(fault, again + 1)
                    continue
                raise TidelabError(strip_keys(fault.message), where=self.teacher, mend=_mend(self.provider.kind, fault)) from None

    async def ask(self, prompt: Prompt) -> Answer:
        """The stored answer or a new one, on disk before it is returned. No answer: `text` None and the reason, not stored.

        TidelabError when the budget is spent, or the provider has answered nothing for many prompts in a row.
        """
        name = self.key(prompt)
        if (found := self.store.get(name)) is not None:
            return found
        calls = 0
        while True:
            form = self.form
            body = self.provider.body(prompt, form, self.answer_tokens)
            calls += 1
            try:
                answer = await self._call(name, body, form, calls)
            except CallError as fault:
                self.faults[strip_keys(fault.message)[:80]] += 1
                if fault.kind == "form" and self.step_down(form, fault):
                    continue
                if fault.kind in ("overload", "passing") and calls < CALLS:
                    await self._pause(fault, calls)
                    continue
                self._fail(fault)
                told = f"{strip_keys(fault.message)} ({calls} call{'s' if calls > 1 else ''})"
                return Answer(None, "error", reason=told, calls=calls, cost=None)
            self._failed = 0
            return answer

    def step_down(self, form: str, fault: CallError) -> bool:
        """Goes to the next looser way of asking for structure, unless somebody has already; False when none is left."""
        if form == self.form:
            if self._form + 1 >= len(self.provider.forms):
                return False
            self._form += 1
            self.steps.append(f"{self.teacher} does not take `{form}`, asked with `{self.form}` instead ({fault.message[:120]})")
        return True

    async def _call(self, name: str, body: Body, form: str, calls: int) -> Answer:
        worst = self.budget.worst(body)
        await self.budget.reserve(worst)
        try:
            sent = await self.limiter.acquire()
            try:
                answer = await self.provider.send(body)
            except CallError as fault:
                if fault.kind == "overload":
                    self.limiter.overloaded(sent, fault.retry_after)
                raise
            finally:
                self.limiter.release()
            self.limiter.succeeded()
            answer = replace(answer, cost=self.budget.cost(answer), calls=calls, form=form)
            await self.store.put(name, self.teacher, answer)
            self.budget.add(answer, worst)
        finally:
            self.budget.release(worst)
        # what the store holds, so that a row is the same whether its answer is new or found again
        return self.store.get(name) or answer

    async def _pause(self, fault: CallError, calls: int) -> None:
        """The limiter holds everybody back for a retry-after; without one, this prompt waits longer with each call."""
        wait = fault.retry_after
        if wait is None:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (calls - 1)) * random.uniform(0.5, 1)
        await asyncio.sleep(wait)

    def _fail(self, fault: CallError) -> None:
        if fault.kind == "request":
            return
        self._failed += 1
        if self._failed >= IN_A_ROW:
            raise TidelabError(
                f"{self._failed} requests in a row failed, the last with: {strip_keys(fault.message)}",
                where=self.teacher,
                mend=f"{_mend(self.provider.kind, fault)}; then {GO_ON}",
            )


def _mend(kind: str, fault: CallError) -> str:
    if fault.message.startswith(("HTTP 401", "HTTP 403")):
        return f"set {KEYS[kind]} to a key that may use this model"
    if fault.message.startswith("HTTP 404") or "has no model" in fault.message:
        return "look whether the model's name (and the server's URL) is right"
    if fault.kind == "denied":
        return "look after the account's quota and billing"
    return "look whether the provider is up and reachable from here, and the time-out long enough"
