"""Asks one model many things: each item gives a prompt and takes the answer, until it has a row to hand in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from tidelab.engines import facts, provider
from tidelab.engines.base import Answer, Prompt
from tidelab.engines.batches import Batches
from tidelab.engines.remote import Remote
from tidelab.engines.store import ResponseStore
from tidelab.experiment import Calls

R = TypeVar("R")
C = TypeVar("C", covariant=True)


class Item(Protocol[C]):
    """Something that a model is asked about, with its fresh tries."""

    @property
    def prompt(self) -> Prompt:
        """What is asked now."""

    def take(self, answer: Answer) -> C | None:
        """The row that came of it; None when a fresh try is due."""


class Asking(Generic[R]):
    """One model, and how it is asked; `total` items in all, for the progress line.

    told -- hears (items done, of, what was paid)
    """

    def __init__(self, name: str, store: Path, calls: Calls, total: int, told: Callable[[int, int, str], object]) -> None:
        self.name, self.store, self.calls, self.total, self.told = name, store, calls, total, told

    def run(self, items: Iterator[Item[R]], sink: Callable[[R], object]) -> dict[str, Any]:
        """Hands every row to `sink`; returns facts for a cell's notes.

        TidelabError before the first paid request for whatever can be told by then, and when the budget is spent or the provider gone.
        """
        return asyncio.run(self._run(items, sink))

    async def _run(self, items: Iterator[Item[R]], sink: Callable[[R], object]) -> dict[str, Any]:
        calls, store = self.calls, ResponseStore(self.store)
        try:
            source = provider.provider(self.name, timeout=calls.timeout, concurrency=calls.concurrency)
            try:
                remote = Remote(source, store, calls, price=price(self.name, calls), answer_tokens=calls.answer_tokens)
                await remote.check()
                done = 0

                def keep(row: R) -> None:
                    nonlocal done
                    sink(row)
                    done += 1
                    self.told(done, self.total, remote.budget.told())

                if calls.batch:
                    hear = lambda answered: self.told(min(answered, self.total), self.total, remote.budget.told())  # noqa: E731
                    await batched(Batches(remote, calls.poll, hear), items, keep)
                else:
                    # twice as many as may be in flight: some wait for a fresh call while others use the line
                    await live(remote, items, 2 * calls.concurrency, keep)
                return {
                    "model": remote.teacher,
                    "engine": source.identity,
                    "usage": store.totals(remote.teacher),
                    "price": remote.budget.price.source if remote.budget.price else None,
                    "failed_calls": dict(remote.faults),
                    "slowed_down": remote.limiter.cuts,
                    "form": remote.form,
                    "steps": remote.steps,
                }
            finally:
                await source.close()
        finally:
            store.close()


def price(name: str, calls: Calls) -> facts.Price | None:
    """What a model costs: as the user says, else as the table has it; None where nobody knows."""
    kind, model, _ = provider.parse(name)
    known = facts.price(kind, model)
    if calls.price is None:
        return known
    return facts.Price(calls.price[0], calls.price[1], known.batch if known else 0.5, "as given by the user")


async def live(remote: Remote, items: Iterable[Item[R]], workers: int, sink: Callable[[R], object]) -> None:
    """Asks about all items, `workers` at a time; memory is theirs and not that of all.

    An error in one ends all. When cancelled (Ctrl-C), no new request is sent and those under way are waited for and stored.
    """
    stopped = False
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:  # shared: each worker takes the next
            while not stopped:
                if (row := item.take(await remote.ask(item.prompt))) is not None:
                    sink(row)
                    break
            if stopped:
                return

    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    except asyncio.CancelledError:
        stopped = True
        await asyncio.wait(tasks)
        raise
    finally:
        stopped = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def batched(batches: Batches, items: Iterable[Item[R]], sink: Callable[[R], object]) -> None:
    """Asks about all items through the provider's batches: one round for the first answers, one for each fresh try."""
    open_ = list(items)
    while open_:
        left = []
        for item, answer in zip(open_, await batches.ask([item.prompt for item in open_]), strict=True):
            if (row := item.take(answer)) is not None:
                sink(row)
            else:
                left.append(item)
        open_ = left
