"""Provider batches: half the price, answers within a day. A batch is noted before it is made, and polled again after any crash."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from tidelab.engines.base import Answer, Prompt
from tidelab.engines.budget import Amount
from tidelab.engines.faults import BatchError, CallError
from tidelab.engines.provider import Body, strip_keys
from tidelab.engines.remote import GO_ON, Remote
from tidelab.errors import TidelabError

SIZE = 5_000  # requests in one batch; far below both providers' limits in number and bytes
ROUNDS = 3  # batches in which a request may expire or fail before it is given up
FORGOTTEN = 2 * 86_400  # seconds after which a batch that the provider does not know is given up; younger, the key is of another account
PATIENCE = 60  # faults in a row while making or polling a batch


class Batches:
    """Asks through the batch endpoint of `remote`'s provider; `poll` is in seconds; `told` hears how many prompts of a call are done."""

    def __init__(self, remote: Remote, poll: float, told: Callable[[int], object]) -> None:
        if not remote.provider.has_batches:
            mend = "leave out --batch; servers of one's own have no batch price"
            raise TidelabError(f"{remote.provider.kind} has no batch endpoint here", where="--batch", mend=mend)
        self.remote, self.store, self.provider, self.poll, self.told = remote, remote.store, remote.provider, poll, told
        self._not_ours: set[str] = set()
        self._at_once = math.inf  # requests that the provider takes in batches at a time; found out when it refuses more
        self._refused = 0  # whole batches in a row

    async def ask(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer for each prompt, as `Remote.ask` gives them. Only what no earlier batch answered is sent."""
        names = [self.remote.key(prompt) for prompt in prompts]
        by_name = dict(zip(names, prompts, strict=True))
        given_up: dict[str, Answer] = {}
        failures: Counter[str] = Counter()
        while True:
            for batch_id, tag, handle, begun, form, keys in self.store.open_batches(self.remote.teacher):
                faults = await self._finish(batch_id, tag, handle, begun, form, keys)
                for name, fault in faults.items():
                    failures[name] += 1
                    if fault.kind == "form" and self.remote.step_down(form, fault):
                        continue
                    if fault.kind in ("request", "denied", "form") or failures[name] >= ROUNDS:
                        reason = f"{strip_keys(fault.message)} ({failures[name]} batch{'es' if failures[name] > 1 else ''})"
                        given_up[name] = Answer(None, "error", reason=reason, calls=failures[name], cost=None, batch=True)
            missing = [name for name in by_name if name not in given_up and self.store.get(name) is None]
            self.told(len(by_name) - len(missing))
            if not missing:
                return [self.store.get(name) or given_up[name] for name in names]
            if self.store.totals(self.remote.teacher)["answers"] == 0:
                # One answer at full price shows whether key, model and form are right, before a day is spent on a batch of refusals.
                first = await self.remote.ask(by_name[missing[0]])
                if first.text is None:
                    raise TidelabError(
                        f"the first request failed: {first.reason}", where=self.remote.teacher, mend=f"mend that; then {GO_ON}"
                    )
                continue
            await self._send([(name, by_name[name]) for name in missing])

    async def _send(self, requests: list[tuple[str, Prompt]]) -> None:
        """Makes batches of what provider and budget allow, whatever it may cost; the rest has its turn when these have ended."""
        form, budget, whole = self.remote.form, self.remote.budget, Amount()
        bodies: list[tuple[str, Body]] = []
        for sent, (name, prompt) in enumerate(requests):
            body = self.provider.body(prompt, form, self.remote.answer_tokens)
            whole += budget.worst(body, batch=True)
            if not budget.fits(whole):
                if sent == 0:
                    raise budget.spent_up(whole)
                break
            if sent >= self._at_once:
                break
            bodies.append((name, body))
            if len(bodies) == SIZE:
                await self._submit(form, bodies)
                bodies = []
        if bodies:
            await self._submit(form, bodies)

    async def _submit(self, form: str, bodies: list[tuple[str, Body]]) -> None:
        """Makes one batch. A fault that leaves open whether it was made is looked into before it is made again."""
        tag, begun = uuid.uuid4().hex, time.time()
        batch_id = self.store.begin_batch(self.remote.teacher, tag, begun, form, [name for name, _ in bodies])
        for again in range(PATIENCE):
            try:
                handle = await self.provider.submit(tag, bodies)
            except CallError as fault:
                await self._bear(fault, again)
                found = await self._look(tag, begun, len(bodies))
                if not found:
                    continue
                handle = found
            self.store.hold_batch(batch_id, handle)
            return

    async def _finish(self, batch_id: int, tag: str, handle: str | None, begun: float, form: str, keys: list[str]) -> dict[str, CallError]:
        """Waits for a batch, stores its answers and closes it; returns what did not come, by key."""
        if handle is None:  # a crash came between making it and keeping its handle
            handle = await self._look(tag, begun, len(keys))
            if handle is None:
                self.store.end_batch(batch_id, self.remote.teacher, [])
                return {}
        wanted = set(keys)
        again = 0
        while True:
            try:
                if await self.provider.ended(handle):
                    came = [(name, result) async for name, result in self.provider.results(handle) if name in wanted]
                    break
            except BatchError as fault:
                self.store.end_batch(batch_id, self.remote.teacher, [])
                await self._make_smaller(fault, len(keys))
                return {}
            except CallError as fault:
                if fault.message.startswith("HTTP 404") and time.time() - begun > FORGOTTEN:
                    came = [(name, CallError("passing", "the provider has forgotten the batch")) for name in keys]
                    break
                await self._bear(fault, again)
                again += 1
                continue
            again = 0
            await asyncio.sleep(self.poll)
        if not came:  # found by time and size, and somebody else's
            self._not_ours.add(handle)
            return await self._finish(batch_id, tag, None, begun, form, keys)
        answers = []
        for name, result in came:
            if isinstance(result, Answer):
                answers.append((name, replace(result, cost=self.remote.budget.cost(result, batch=True), form=form, batch=True)))
        self.store.end_batch(batch_id, self.remote.teacher, answers)
        for _, answer in answers:
            self.remote.budget.add(answer)
        self._refused, self._at_once = 0, self._at_once * 2
        faults = {name: result for name, result in came if isinstance(result, CallError)}
        lacking = CallError("passing", "the provider's batch ended without the request")
        return {name: faults.get(name, lacking) for name in wanted - {name for name, _ in answers}}

    async def _make_smaller(self, fault: BatchError, size: int) -> None:
        """After a whole batch was refused: half as many next time where there were too many, else the end of the command."""
        self.remote.faults[strip_keys(fault.message)[:80]] += 1
        self._refused += 1
        if fault.kind != "overload" or self._refused >= PATIENCE:
            told = f"the provider refused a whole batch of {size:,} requests: {strip_keys(fault.message)}"
            raise TidelabError(told, where=self.remote.teacher, mend=f"mend what it names, or leave out --batch; then {GO_ON}")
        self._at_once = max(1, min(self._at_once, size) // 2)
        await asyncio.sleep(self.poll)

    async def _look(self, tag: str, begun: float, size: int) -> str | None:
        for again in range(PATIENCE):
            try:
                found = await self.provider.lost(tag, begun, size, self.store.handles() | self._not_ours)
                return found[0] if found else None
            except CallError as fault:
                await self._bear(fault, again)
        return None

    async def _bear(self, fault: CallError, again: int) -> None:
        """Waits after a fault of the batch endpoint, or gives up."""
        self.remote.faults[strip_keys(fault.message)[:80]] += 1
        if fault.kind not in ("overload", "passing") or again + 1 >= PATIENCE:
            mend = f"use the key of the account with which the run was begun; {GO_ON}" if fault.kind == "denied" else GO_ON
            raise TidelabError(f"the batch endpoint fails: {strip_keys(fault.message)}", where=self.remote.teacher, mend=mend)
        await asyncio.sleep(fault.retry_after if fault.retry_after is not None else self.poll)
