"""Budget: what one model may cost and use in a run directory, earlier commands included."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from tidelab.engines.base import Answer
from tidelab.engines.facts import Price
from tidelab.engines.provider import Body
from tidelab.errors import TidelabError

Used = tuple[float | None, int | None, int | None, bool]
"""Of a stored answer: US dollars, tokens asked, tokens replied (None where not told), and whether it came in a batch."""


@dataclass(frozen=True)
class Amount:
    """US dollars, and tokens asked and replied."""

    cost: float = 0.0
    tokens: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.cost + other.cost, self.tokens + other.tokens)

    def times(self, n: int) -> Amount:
        """This much, `n` times."""
        return Amount(self.cost * n, self.tokens * n)


class Budget:
    """Lets a request through only if its longest possible answer still fits both limits; lives in one event loop.

    price -- None where it isn't known; then `max_cost` (US dollars) can't be kept: TidelabError
    max_tokens -- asked and replied, of all answers together
    answer_tokens -- that one answer may have
    past -- the answers stored so far. One that doesn't tell its tokens, as some servers', is taken for the longest possible.
    """

    def __init__(
        self, model: str, price: Price | None, max_cost: float | None, max_tokens: int | None, answer_tokens: int, past: Iterable[Used]
    ) -> None:
        if max_cost is not None and price is None:
            mend = "give the price with --price IN,OUT (US dollars per million tokens), or limit tokens instead, with --max-tokens"
            raise TidelabError(f"no price is known for {model}", where="--max-cost", mend=mend)
        self.price, self.max_cost, self.max_tokens, self.answer_tokens = price, max_cost, max_tokens, answer_tokens
        self.spent = Amount()
        self._reserved = Amount()
        self._untold = 0
        self._settled = asyncio.Event()
        for cost, asked, replied, batch in past:
            if asked is None or replied is None:
                self._untold += 1
            else:
                dollars = self._dollars(asked, replied, batch) if cost is None else cost
                self.spent += Amount(dollars or 0.0, asked + replied)

    def worst(self, body: Body, batch: bool = False) -> Amount:
        """What a request can use at most: a token for every two characters asked, and all that may be replied."""
        asked = sum(len(str(value)) for value in body.values()) // 2
        worst = Amount(self._dollars(asked, self.answer_tokens, batch) or 0.0, asked + self.answer_tokens)
        self.spent += worst.times(self._untold)
        self._untold = 0
        return worst

    def cost(self, answer: Answer, batch: bool = False) -> float | None:
        """US dollars of an answer, None where its tokens or the price aren't known."""
        if answer.prompt_tokens is None or answer.reply_tokens is None:
            return None
        return self._dollars(answer.prompt_tokens, answer.reply_tokens, batch)

    def add(self, answer: Answer, worst: Amount | None = None) -> None:
        """Counts a new answer; one that doesn't tell its tokens as `worst`, or as long as the next request can become."""
        if answer.prompt_tokens is not None and answer.reply_tokens is not None:
            self.spent += Amount(answer.cost or 0.0, answer.prompt_tokens + answer.reply_tokens)
        elif worst is not None:
            self.spent += worst
        else:
            self._untold += 1

    def fits(self, more: Amount) -> bool:
        """Whether so much more may be used, beside what is spent and reserved."""
        whole = self.spent + self._reserved + more
        return (self.max_cost is None or whole.cost <= self.max_cost) and (self.max_tokens is None or whole.tokens <= self.max_tokens)

    async def reserve(self, worst: Amount) -> None:
        """Waits until a request fits; TidelabError when it doesn't though no other is under way."""
        while not self.fits(worst):
            if self._reserved.tokens == 0:
                raise self.spent_up(worst)
            self._settled.clear()
            await self._settled.wait()
        self._reserved += worst

    def release(self, worst: Amount) -> None:
        """Gives back what was reserved."""
        self._reserved += worst.times(-1)
        self._settled.set()

    def spent_up(self, more: Amount) -> TidelabError:
        """The budget's end, in words: which limit a further request does not fit."""
        by_cost = self.max_cost is not None and (self.spent + more).cost > self.max_cost
        limit = f"${self.max_cost:g}" if by_cost else f"{self.max_tokens:,} tokens"
        used = f"${self.spent.cost:.4f}" if by_cost else f"{self.spent.tokens:,}"
        option = "--max-cost" if by_cost else "--max-tokens"
        return TidelabError(
            f"the budget of {limit} does not allow another request; {used} are spent",
            where=option,
            mend=f"give the same command with a higher {option}: it goes on where it stopped, and nothing is paid twice",
        )

    def told(self) -> str:
        """The running total for a progress line."""
        tokens = f"{self.spent.tokens:,} of {self.max_tokens:,} tokens" if self.max_tokens is not None else ""
        if self.price is None:
            return tokens or "cost unknown"
        cost = f"${self.spent.cost:.2f}" + (f" of ${self.max_cost:g}" if self.max_cost is not None else "")
        return f"{cost}, {tokens}" if tokens else cost

    def _dollars(self, asked: int, replied: int, batch: bool) -> float | None:
        return self.price.of(asked, replied, batch) if self.price else None
