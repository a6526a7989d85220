"""The budget: kept over commands, with servers that tell no tokens, in dollars and in tokens."""

import asyncio

import pytest

from tests.engines.asking import PRICE, ask, billed, prompts
from tidelab.engines.base import Answer
from tidelab.engines.budget import Amount, Budget
from tidelab.errors import TidelabError

KINDS = ("anthropic", "openai", "openai-compatible")
BODY = {"messages": "x" * 1_000}


def budget(past=(), price=PRICE, max_cost=None, max_tokens=None):
    return Budget("m", price, max_cost, max_tokens, 100, past)


def test_earlier_answers_count_with_their_cost_or_what_their_tokens_cost_or_the_longest_that_they_can_be():
    known = budget([(0.5, 10, 10, False)])
    assert known.spent == Amount(0.5, 20)
    unpriced = budget([(None, 1_000_000, 0, False), (None, 1_000_000, 0, True)])
    assert unpriced.spent == Amount(3 + 1.5, 2_000_000)
    untold = budget([(None, None, 5, False)] * 2)
    one = untold.worst(BODY)
    assert one == Amount(pytest.approx((500 * 3 + 100 * 15) / 1e6), 600)
    assert untold.spent == one.times(2)
    untold.worst(BODY)
    assert untold.spent == one.times(2)


def test_an_answer_of_a_batch_that_tells_no_tokens_is_charged_with_the_next_request():
    some = budget()
    some.add(Answer("w", "stop"))
    assert some.spent == Amount()
    assert some.spent == Amount() and some.worst(BODY) == some.spent


def test_a_request_that_never_fits_is_an_error_and_one_that_fits_later_waits():
    async def go():
        some = budget(max_tokens=1_000)
        worst = some.worst(BODY)
        await some.reserve(worst)
        second = asyncio.create_task(some.reserve(worst))
        await asyncio.sleep(0.01)
        assert not second.done()
        some.add(Answer("w", "stop", 200, 100))
        some.release(worst)
        await asyncio.wait_for(second, 1)
        some.add(Answer("w", "stop", 200, 300))
        some.release(worst)
        with pytest.raises(TidelabError, match="budget of 1,000 tokens does not allow another request; 800 are spent") as error:
            await some.reserve(worst)
        assert "--max-tokens" in str(error.value)

    asyncio.run(go())


def test_of_two_limits_the_one_that_ends_it_is_named():
    some = budget(max_cost=0.004, max_tokens=10_000)
    assert "--max-cost" in str(some.spent_up(Amount(0.005, 10)))
    assert "--max-tokens" in str(some.spent_up(Amount(0.001, 20_000)))
    assert some.told() == "$0.00 of $0.004, 0 of 10,000 tokens"
    assert budget(price=None).told() == "cost unknown"


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_tells_no_tokens_does_not_get_the_budget_anew_with_every_command(serve, tmp_path, kind):
    server = serve(tells_tokens=False)
    for _ in range(4):
        with pytest.raises(TidelabError, match="budget"):
            ask(server, kind, tmp_path, prompts(400), max_cost=0.1)
    assert 0 < billed(server) <= 0.1
    assert sum(server.ledger.requests.values()) <= 13  # of at most some 0.008 dollars each


def test_a_batch_that_tells_no_tokens_keeps_the_budget_too(serve, tmp_path):
    server = serve(tells_tokens=False)
    for _ in range(3):
        with pytest.raises(TidelabError, match="budget"):
            ask(server, "openai", tmp_path, prompts(400), max_cost=0.1, batch=True)
    assert sum(server.ledger.requests.values()) <= 26


def test_answers_of_a_command_without_a_price_count_in_the_next_one_with_a_budget(serve, tmp_path):
    server = serve()
    ask(server, "openai-compatible", tmp_path, prompts(200), price=None)
    spent = billed(server)
    with pytest.raises(TidelabError, match="budget"):
        ask(server, "openai-compatible", tmp_path, prompts(300), max_cost=spent)
    assert billed(server) == spent


@pytest.mark.parametrize("batch", [False, True])
def test_a_token_limit_holds_without_a_price_over_commands_and_can_be_raised(serve, tmp_path, batch):
    server = serve()
    used = lambda: sum(  # noqa: E731
        getattr(server.ledger, name) for name in ("prompt_tokens", "reply_tokens", "batch_prompt_tokens", "batch_reply_tokens")
    )
    for _ in range(2):
        with pytest.raises(TidelabError, match="budget of 20,000 tokens"):
            ask(server, "openai", tmp_path, prompts(400), price=None, max_tokens=20_000, batch=batch)
        assert 10_000 < used() <= 20_000
    answers, _ = ask(server, "openai", tmp_path, prompts(400), price=None, max_tokens=10_000_000, batch=batch)
    assert all(a.text for a in answers)
    assert set(server.ledger.requests.values()) == {1}
