"""Provider batches: handle kept before polling, nothing sent twice, half price, and found again after a crash."""

import sqlite3

import pytest

from tests.engines.asking import ask, billed, prompts
from tidelab.engines import batches
from tidelab.engines.store import ResponseStore
from tidelab.errors import TidelabError

KINDS = ("anthropic", "openai")


class Crash(BaseException):
    """Stands for a kill at this very moment: nothing catches it."""


def crash(monkeypatch, method):
    real = getattr(ResponseStore, method)

    def die(self, *args):
        monkeypatch.setattr(ResponseStore, method, real)
        raise Crash

    monkeypatch.setattr(ResponseStore, method, die)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_answers_everything_at_half_the_price(serve, tmp_path, kind):
    server = serve()
    answers, remote = ask(server, kind, tmp_path, prompts(30), batch=True)
    assert all(a.text for a in answers)
    assert [a.batch for a in answers].count(True) == 29  # the first is asked alone, to see that all is right
    assert remote.budget.spent.cost == pytest.approx(billed(server))
    assert len(server.batches) == 1
    assert set(server.ledger.requests.values()) == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_after_the_handle_was_kept_goes_on_polling_and_sends_nothing(serve, tmp_path, monkeypatch, kind):
    server = serve()
    crash(monkeypatch, "end_batch")
    with pytest.raises(Crash):
        ask(server, kind, tmp_path, prompts(20), batch=True)
    answers, remote = ask(server, kind, tmp_path, prompts(20), batch=True)
    assert all(a.text for a in answers)
    assert len(server.batches) == 1
    assert remote.budget.spent.cost == pytest.approx(billed(server))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_between_making_a_batch_and_keeping_its_handle_finds_it_again(serve, tmp_path, monkeypatch, kind):
    server = serve()
    crash(monkeypatch, "hold_batch")
    with pytest.raises(Crash):
        ask(server, kind, tmp_path, prompts(20), batch=True)
    answers, remote = ask(server, kind, tmp_path, prompts(20), batch=True)
    assert all(a.text for a in answers)
    assert len(server.batches) == 1
    assert remote.budget.spent.cost == pytest.approx(billed(server))


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_whose_handle_was_lost_on_the_way_is_not_made_twice(serve, tmp_path, kind):
    server = serve()
    server.drop_next_batch_reply()
    answers, _ = ask(server, kind, tmp_path, prompts(20), batch=True)
    assert all(a.text for a in answers)
    assert len(server.batches) == 1


def test_somebody_elses_batch_of_the_same_size_is_not_taken_for_ours(serve, tmp_path, monkeypatch):
    server = serve()
    crash(monkeypatch, "hold_batch")
    with pytest.raises(Crash):
        ask(server, "anthropic", tmp_path, prompts(6), batch=True)
    body = {"model": "fake-1", "max_tokens": 9, "messages": [{"role": "user", "content": "mine"}]}
    server._make_batch({"requests": [{"custom_id": f"other-{i}", "params": body} for i in range(5)]}, True)
    answers, _ = ask(server, "anthropic", tmp_path, prompts(6), batch=True)
    assert all(a.text for a in answers)
    assert len(server.batches) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_batch_that_expires_half_done_only_the_missing_half_is_sent_again(serve, tmp_path, kind):
    server = serve(expire_half=1)
    answers, remote = ask(server, kind, tmp_path, prompts(21), batch=True)
    assert all(a.text for a in answers)
    assert [len(b["requests"]) for b in server.batches.values()] == [20, 10]
    assert set(server.ledger.given.values()) == {1}
    assert remote.budget.spent.cost == pytest.approx(billed(server))


def test_a_request_that_fails_in_every_batch_is_given_up_with_its_reason(serve, tmp_path):
    server = serve(faults={"500": 0.5})
    asked = prompts(40)
    answers, _ = ask(server, "anthropic", tmp_path, asked, batch=True)
    lost = [a for a in answers if a.text is None]
    assert lost
    assert all("HTTP 500" in a.reason and "3 batches" in a.reason for a in lost)
    assert len(answers) == 40


def test_a_form_that_a_batch_refuses_is_asked_for_in_a_looser_way(serve, tmp_path):
    server = serve()
    ask(server, "openai", tmp_path, prompts(1))  # an answer is there, so the batch goes out without a first one asked alone
    server.forms = ("json", "plain")
    answers, _ = ask(server, "openai", tmp_path, prompts(10), batch=True)
    assert {a.form for a in answers} == {"schema", "json"}


def test_a_batch_is_cut_to_what_the_budget_allows_and_never_exceeds_it(serve, tmp_path):
    server = serve()
    with pytest.raises(TidelabError, match="budget"):
        ask(server, "openai", tmp_path, prompts(300), batch=True, max_cost=0.1)
    assert 0.05 < billed(server) <= 0.1
    assert len(server.batches) > 1


def test_a_batch_that_the_provider_does_not_know_is_an_error_while_young_and_sent_again_when_old(serve, tmp_path, monkeypatch):
    server = serve()
    crash(monkeypatch, "end_batch")
    with pytest.raises(Crash):
        ask(server, "openai", tmp_path, prompts(5), batch=True)
    server.batches["gone"] = server.batches.pop("batch_0")
    with pytest.raises(TidelabError, match="HTTP 404") as error:
        ask(server, "openai", tmp_path, prompts(5), batch=True)
    assert "key of the account" in str(error.value)
    with sqlite3.connect(tmp_path / "responses.db") as database:
        database.execute("UPDATE batches SET begun = begun - 3 * 86400")
    answers, _ = ask(server, "openai", tmp_path, prompts(5), batch=True)
    assert all(a.text for a in answers)


def test_a_server_of_ones_own_has_no_batches_and_says_so(serve, tmp_path):
    with pytest.raises(TidelabError, match="no batch endpoint"):
        ask(serve(), "openai-compatible", tmp_path, prompts(1), batch=True)


def test_a_batch_refused_for_too_many_waiting_tokens_is_made_smaller_and_nothing_is_given_up(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "SIZE", 20)
    server = serve(enqueued=15)
    answers, remote = ask(server, "openai", tmp_path, prompts(41), batch=True)
    assert all(a.text for a in answers)
    assert set(server.ledger.requests.values()) == {1}
    sizes = [len(b["requests"]) for b in server.batches.values() if not b["failed"]]
    assert max(sizes) <= 15 and sum(sizes) == 40
    assert any("token_limit_exceeded" in fault for fault in remote.faults)
    assert remote.budget.spent.cost == pytest.approx(billed(server))


def test_a_batch_refused_for_another_reason_ends_the_command_and_the_next_one_goes_on(serve, tmp_path):
    server = serve(batch_error="invalid_endpoint")
    with pytest.raises(TidelabError, match="whole batch of 19 requests: invalid_endpoint: This batch") as error:
        ask(server, "openai", tmp_path, prompts(20), batch=True)
    assert "goes on" in str(error.value)
    server.batch_error = ""
    answers, _ = ask(server, "openai", tmp_path, prompts(20), batch=True)
    assert all(a.text for a in answers)


def test_a_provider_that_never_takes_a_batch_is_left_after_many_tries_with_the_cell_open(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "PATIENCE", 4)
    server = serve(enqueued=0)
    with pytest.raises(TidelabError, match="refused a whole batch"):
        ask(server, "openai", tmp_path, prompts(20), batch=True)
    assert [len(b["requests"]) for b in server.batches.values()] == [19, 9, 4, 2]
