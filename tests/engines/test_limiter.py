"""The limiter: never more in flight than allowed, fewer when the provider is overloaded."""

import asyncio
import time

from tidelab.engines.limiter import START, Limiter


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


async def work(limiter, seconds=0.0):
    sent = await limiter.acquire()
    await asyncio.sleep(seconds)
    limiter.release()
    return sent


def test_it_opens_up_with_success_to_the_most_and_not_beyond():
    async def go():
        limiter = Limiter(32)
        assert limiter.limit == START
        for _ in range(100):
            await work(limiter)
            limiter.succeeded()
        return limiter.limit

    assert run(go()) == 32


def test_it_starts_no_higher_than_the_most():
    assert Limiter(3).limit == 3


def test_never_more_are_in_flight_than_the_limit():
    async def go():
        limiter, most = Limiter(5), 0

        async def one():
            nonlocal most
            await limiter.acquire()
            most = max(most, limiter.flying)
            await asyncio.sleep(0.001)
            limiter.release()

        await asyncio.gather(*(one() for _ in range(100)))
        return most, limiter.flying

    assert run(go()) == (5, 0)


def test_an_overload_halves_it_once_for_all_requests_that_were_sent_before():
    async def go():
        limiter = Limiter(64)
        limiter.limit = 64.0
        sent = [await limiter.acquire() for _ in range(10)]
        for moment in sent:
            limiter.overloaded(moment, None)
        first = limiter.limit
        limiter.release()
        limiter.overloaded(await limiter.acquire(), None)
        return first, limiter.limit, limiter.cuts

    assert run(go()) == (32.0, 16.0, 2)


def test_after_an_overload_it_grows_by_one_a_round_and_never_falls_below_one():
    async def go():
        limiter = Limiter(64)
        for _ in range(20):
            limiter.overloaded(time.monotonic(), None)
        lowest = limiter.limit
        limiter.limit = 10.0
        for _ in range(10):
            limiter.succeeded()
        return lowest, limiter.limit

    lowest, grown = run(go())
    assert lowest == 1.0
    assert 10.9 < grown <= 11.0


def test_nothing_is_sent_before_a_retry_after_has_passed():
    async def go():
        limiter = Limiter(4)
        start = await limiter.acquire()
        limiter.overloaded(start, 0.2)
        limiter.release()
        return [moment - start for moment in await asyncio.gather(work(limiter), work(limiter))]

    assert all(0.2 <= waited < 1 for waited in run(go()))


def test_a_cancelled_wait_gives_its_place_back():
    async def go():
        limiter = Limiter(1)
        await limiter.acquire()
        waiting = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        limiter.release()
        held = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(0)
        return held.done(), limiter.flying

    assert run(go()) == (True, 1)


def test_a_place_given_at_the_moment_of_cancelling_is_not_lost():
    async def go():
        limiter = Limiter(1)
        await limiter.acquire()
        waiting = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(0)
        limiter.release()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return limiter.flying

    assert run(go()) == 0
