"""What a status means, what a model costs, what terms say."""

import json
from email.utils import formatdate
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.engines import facts, provider
from tidelab.engines.faults import CallError, of_status
from tidelab.errors import TidelabError


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "invalid x-api-key", "denied"),
        (403, "not allowed", "denied"),
        (404, "no such model", "denied"),
        (402, "pay", "denied"),
        (429, "insufficient_quota", "denied"),
        (400, "Your credit balance is too low", "denied"),
        (429, "slow down", "overload"),
        (529, "overloaded", "overload"),
        (503, "later", "overload"),
        (500, "oops", "passing"),
        (408, "late", "passing"),
        (400, "'response_format' of type json_schema is not supported", "form"),
        (422, "tools are not supported", "form"),
        (400, "max_tokens is too large", "request"),
        (413, "too large", "request"),
    ],
)
def test_a_status_stands_for_what_can_be_done_about_it(status, message, kind):
    fault = of_status(status, message)
    assert fault.kind == kind
    assert fault.message.startswith(f"HTTP {status}: ")


def test_retry_after_is_read_as_seconds_or_date_and_nonsense_is_none():
    assert of_status(429, "x", "1.5").retry_after == 1.5
    assert 50 < of_status(429, "x", formatdate(time() + 60, usegmt=True)).retry_after <= 60
    assert of_status(429, "x", "soon").retry_after is None
    assert of_status(429, "x", "-4").retry_after == 0
    assert of_status(429, "x").retry_after is None


def test_a_dated_model_has_the_price_of_its_name_and_a_longer_name_its_own():
    assert facts.price("openai", "gpt-4o-2024-08-06") == facts.price("openai", "gpt-4o")
    assert facts.price("openai", "gpt-4o-mini").input < facts.price("openai", "gpt-4o").input
    assert facts.price("openai", "gpt-4o-audio") is None
    assert facts.price("openai-compatible", "llama") is None


def test_a_batch_costs_half():
    price = facts.price("anthropic", "claude-sonnet-4-5")
    assert price.of(1_000_000, 1_000_000) == price.input + price.output
    assert price.of(1_000_000, 0, batch=True) == price.input / 2


def test_every_price_and_term_says_where_it_comes_from_and_when():
    for name in ("prices", "terms"):
        for kind, entry in facts._facts(name).items():
            assert kind in provider.KINDS
            assert "unverified" in entry["source"] and "2026-" in entry["source"]
    assert set(facts._facts("terms")) == set(provider.KINDS)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "anthropic",
        "anthropic:",
        "gpt-4o",
        "mistral:x",
        "openai-compatible:http://h",
        "openai-compatible:h#m",
        "openai-compatible:http://h:x#m",
    ],
)
def test_a_teacher_that_names_no_model_is_the_users_to_mend(name):
    with pytest.raises(TidelabError) as error:
        provider.parse(name)
    assert "#MODEL" in str(error.value)


def test_a_key_in_the_url_is_refused():
    for url in ("http://me:secret@h/v1", "http://h/v1?key=secret"):
        with pytest.raises(TidelabError) as error:
            provider.parse(f"openai-compatible:{url}#m")
        assert "secret" not in str(error.value)


def test_the_servers_address_is_no_part_of_who_the_teacher_is():
    one, other = (provider.identity(f"openai-compatible:http://{host}/v1#llama") for host in ("a:1", "b:2"))
    assert one == other == "openai-compatible:llama"


@given(st.text(max_size=200))
def test_a_reply_that_is_no_object_is_a_passing_fault_and_nothing_else(text):
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        assert provider.read_json(text) == value
    else:
        with pytest.raises(CallError) as fault:
            provider.read_json(text)
        assert fault.value.kind == "passing"


def test_what_looks_like_a_key_is_taken_out_of_messages():
    assert "abcdefgh" not in provider.strip_keys("invalid key sk-abcdefgh12345 given")
