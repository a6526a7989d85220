"""Both providers and a compatible server, through the official SDKs, against a real HTTP server with faults on demand."""

import json
import time

import pytest

from tests.engines.asking import ask, billed, prompts
from tests.engines.fake_answers import hash_of
from tidelab.engines import remote as remote_module
from tidelab.errors import TidelabError

KINDS = ("anthropic", "openai", "openai-compatible")


@pytest.mark.parametrize("kind", KINDS)
def test_answers_come_with_tokens_cost_and_model_and_equal_what_the_server_would_bill(serve, tmp_path, kind):
    server = serve()
    answers, remote = ask(server, kind, tmp_path, prompts(40))
    assert all(set(json.loads(a.text)) == {"person", "chatbot"} for a in answers)
    assert {(a.stop_reason, a.calls, a.form, a.model) for a in answers} == {("stop", 1, "schema", "fake-1-20260101")}
    assert sum(a.cost for a in answers) == pytest.approx(billed(server)) == pytest.approx(remote.budget.spent.cost)
    assert server.ledger.keys == {"right-key"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stored_is_not_asked_again_and_a_fresh_try_is(serve, tmp_path, kind):
    server = serve()
    first, _ = ask(server, kind, tmp_path, prompts(10))
    again, remote = ask(server, kind, tmp_path, prompts(12))
    assert again[:10] == first
    assert sum(server.ledger.requests.values()) == 12
    assert remote.budget.spent.cost == pytest.approx(billed(server))
    ask(server, kind, tmp_path, prompts(3, attempt=1))
    assert sum(server.ledger.requests.values()) == 15


@pytest.mark.parametrize(
    ("kind", "forms", "used"),
    [
        ("anthropic", ("tool", "plain"), "tool"),
        ("anthropic", ("plain",), "plain"),
        ("openai", ("json", "plain"), "json"),
        ("openai-compatible", ("plain",), "plain"),
    ],
)
def test_a_schema_that_is_not_supported_is_asked_for_in_a_looser_way_and_told(serve, tmp_path, kind, forms, used):
    server = serve(forms=forms)
    answers, remote = ask(server, kind, tmp_path, prompts(5))
    assert {a.form for a in answers} == {used}
    assert all(set(json.loads(a.text)) == {"person", "chatbot"} for a in answers)
    assert any(f"with `{used}`" in step for step in remote.steps)
    assert remote.budget.spent.cost == pytest.approx(billed(server))


@pytest.mark.parametrize("kind", ["anthropic", "openai"])
@pytest.mark.parametrize("fault", ["429", "429_after", "500", "529", "cut", "no_json", "hang"])
def test_a_fault_that_passes_is_asked_again_and_counted(serve, tmp_path, kind, fault):
    server = serve(faults={fault: 1.0}, once_only=True)
    answers, remote = ask(server, kind, tmp_path, prompts(4), timeout=0.3)
    assert {(a.stop_reason, a.calls) for a in answers} == {("stop", 2)}
    assert sum(remote.faults.values()) == 4
    assert (remote.limiter.cuts > 0) == (fault in ("429", "429_after", "529"))


@pytest.mark.parametrize(
    ("fault", "reason", "calls"),
    [
        ("401", "HTTP 401", 1),
        ("403", "HTTP 403", 1),
        ("404", "HTTP 404", 1),
        ("400", "HTTP 400", 1),
        ("500", "HTTP 500", 8),
        ("529", "HTTP 529", 8),
        ("cut", "the connection failed or was cut", 8),
        ("no_json", "no JSON object", 8),
    ],
)
def test_a_fault_that_stays_is_a_reason_and_costs_nothing_and_is_not_stored(serve, tmp_path, fault, reason, calls):
    server = serve(faults={fault: 1.0})
    stuck = [p for p in prompts(12) if server.fault_of(_hash(p))[1]][:2]
    answers, remote = ask(server, "openai", tmp_path, stuck)
    assert [a.text for a in answers] == [None, None]
    assert all(reason in a.reason and a.calls == calls for a in answers)
    assert remote.budget.spent.cost == 0
    before = sum(server.ledger.requests.values())
    ask(server, "openai", tmp_path, stuck)
    assert sum(server.ledger.requests.values()) == 2 * before


def _hash(prompt):
    return hash_of({"messages": [dict(m) for m in prompt.messages]})


def test_a_provider_that_answers_nothing_any_more_ends_the_run_with_the_mend(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_module, "CALLS", 1)
    server = serve(faults={"401": 1.0})
    with pytest.raises(TidelabError) as error:
        ask(server, "anthropic", tmp_path, prompts(100))
    assert "in a row" in str(error.value) and "ANTHROPIC_API_KEY" in str(error.value) and "paid twice" in str(error.value)
    assert sum(server.ledger.requests.values()) < 60


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_is_told_before_anything_is_asked_and_never_shown(serve, tmp_path, monkeypatch, kind):
    server = serve(key="another")
    for variable in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "TIDELAB_COMPATIBLE_API_KEY"):
        monkeypatch.setenv(variable, "sk-very-secret-0123456789")
    with pytest.raises(TidelabError) as error:
        ask(server, kind, tmp_path, prompts(1))
    assert "401" in str(error.value) and "API_KEY" in str(error.value)
    assert "very-secret" not in str(error.value)
    assert not server.ledger.requests


@pytest.mark.parametrize("kind", ["anthropic", "openai"])
def test_a_missing_key_is_told_before_anything_is_asked(serve, tmp_path, monkeypatch, kind):
    server = serve()
    monkeypatch.delenv(f"{kind.upper()}_API_KEY")
    with pytest.raises(TidelabError, match="no key"):
        ask(server, kind, tmp_path, prompts(1))


def test_an_unknown_model_and_an_unreachable_server_are_told_before_anything_is_asked(serve, tmp_path, monkeypatch):
    server = serve()
    from tests.engines import asking

    monkeypatch.setattr(asking, "name", lambda server, kind: f"openai-compatible:{server.url}/v1#other")
    with pytest.raises(TidelabError, match="no model `other`"):
        ask(server, "openai-compatible", tmp_path, prompts(1))
    monkeypatch.setattr(asking, "name", lambda server, kind: "openai-compatible:http://127.0.0.1:9/v1#m")
    with pytest.raises(TidelabError, match="connection failed"):
        ask(server, "openai-compatible", tmp_path, prompts(1))


def test_the_key_stands_in_no_file_of_the_store(serve, tmp_path):
    ask(serve(), "openai", tmp_path, prompts(3))
    for file in tmp_path.iterdir():
        assert b"right-key" not in file.read_bytes()


def test_the_budget_is_never_exceeded_nearly_used_and_can_be_raised(serve, tmp_path):
    server = serve()
    with pytest.raises(TidelabError) as error:
        ask(server, "openai", tmp_path, prompts(400), max_cost=0.2)
    assert "--max-cost" in str(error.value) and "higher" in str(error.value)
    assert 0.1 < billed(server) <= 0.2
    asked = sum(server.ledger.requests.values())
    answers, remote = ask(server, "openai", tmp_path, prompts(100), max_cost=100.0)
    assert all(a.text for a in answers)
    assert sum(server.ledger.requests.values()) <= asked + 100
    assert remote.budget.spent.cost == pytest.approx(billed(server))


def test_a_budget_without_a_price_is_refused_before_anything_is_asked(serve, tmp_path):
    server = serve()
    with pytest.raises(TidelabError, match="no price is known"):
        ask(server, "openai-compatible", tmp_path, prompts(1), price=None, max_cost=1.0)
    assert not server.ledger.requests


def test_without_a_price_answers_come_and_their_cost_is_unknown(serve, tmp_path):
    answers, _ = ask(serve(), "openai-compatible", tmp_path, prompts(2), price=None)
    assert [a.cost for a in answers] == [None, None]


def test_a_server_with_room_for_few_is_found_out_and_everything_is_answered(serve, tmp_path):
    server = serve(capacity=5, latency=0.01, retry_after=0.02)
    answers, remote = ask(server, "openai", tmp_path, prompts(150))
    assert all(a.text for a in answers)
    assert remote.limiter.cuts > 0
    assert remote.limiter.limit < 16


def test_a_retry_after_is_waited_for(serve, tmp_path):
    server = serve(faults={"429_after": 1.0}, once_only=True, retry_after=0.4)
    start = time.monotonic()
    ask(server, "anthropic", tmp_path, prompts(2))
    assert time.monotonic() - start >= 0.4
