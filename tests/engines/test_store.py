"""The response store: on disk before it is used, once each, and a full disk says so."""

import asyncio
import errno
import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.engines.base import Answer, Prompt
from tidelab.engines.store import ResponseStore, key
from tidelab.errors import TidelabError

ANSWER = Answer("Words.", "stop", 12, 34, 0.5, "", "m-1", 0.001, 2, "schema", False)


def put(store, *names, answer=ANSWER):
    async def go():
        await asyncio.gather(*(store.put(name, "a:m", answer) for name in names))

    asyncio.run(go())


@pytest.fixture
def store(tmp_path):
    store = ResponseStore(tmp_path / "responses.db")
    yield store
    store.close()


def test_an_answer_comes_back_as_it_was_with_the_time_it_was_written(store):
    put(store, "k")
    found = store.get("k")
    assert found.written.startswith("20")
    assert (found.text, found.stop_reason, found.prompt_tokens, found.reply_tokens, found.cost) == ("Words.", "stop", 12, 34, 0.001)
    assert (found.model, found.calls, found.form, found.batch) == ("m-1", 2, "schema", False)
    assert store.get("other") is None


def test_an_answer_stands_in_the_file_when_put_returns_even_if_the_process_is_killed_then(tmp_path):
    code = (
        "import asyncio, os, signal, sys\nfrom pathlib import Path\nfrom tidelab.engines.base import Answer\n"
        "from tidelab.engines.store import ResponseStore\nstore = ResponseStore(Path(sys.argv[1]))\n"
        "async def go():\n    for i in range(20):\n        await store.put(f'k{i}', 'a:m', Answer('w', 'stop'))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\nasyncio.run(go())\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "r.db")], check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    store = ResponseStore(tmp_path / "r.db")
    assert all(store.get(f"k{i}") for i in range(20))
    store.close()


def test_the_first_answer_to_a_request_stays(store):
    put(store, "k")
    put(store, "k", answer=Answer("Others.", "stop"))
    assert store.get("k").text == "Words."
    assert store.totals("a:m")["answers"] == 1


def test_totals_add_up_and_are_of_one_teacher_and_a_missing_price_makes_the_cost_unknown(store):
    put(store, *(f"k{i}" for i in range(50)))
    totals = store.totals("a:m")
    assert (totals["answers"], totals["calls"], totals["prompt_tokens"], totals["reply_tokens"]) == (50, 100, 600, 1700)
    assert totals["cost"] == pytest.approx(0.05)
    assert store.totals("b:m")["answers"] == 0
    put(store, "unpriced", answer=Answer("w", "stop", 1, 1, cost=None))
    assert store.totals("a:m")["cost"] is None


def test_a_full_disk_is_an_error_that_says_so_and_earlier_answers_stay(tmp_path):
    path = tmp_path / "r.db"
    store = ResponseStore(path)
    put(store, "early")
    store.close()
    store = ResponseStore.__new__(ResponseStore)
    real = sqlite3.connect

    def small(*args, **kwargs):
        database = real(*args, **kwargs)
        database.execute("PRAGMA max_page_count = 12")  # a disk with room for a few pages: SQLite's own SQLITE_FULL
        return database

    sqlite3.connect = small
    try:
        store.__init__(path)
        with pytest.raises(OSError) as full:
            put(store, "big", answer=Answer("w" * 200_000, "stop"))
    finally:
        sqlite3.connect = real
    assert full.value.errno == errno.ENOSPC
    assert str(path) in str(full.value)
    store.close()
    again = ResponseStore(path)
    assert again.get("early").text == "Words."
    assert again.get("big") is None
    again.close()


def test_a_file_that_is_no_database_is_the_users_to_mend(tmp_path):
    path = tmp_path / "r.db"
    path.write_bytes(b"not a database at all, and long enough to be looked at" * 100)
    with pytest.raises(TidelabError, match="no readable response store"):
        ResponseStore(path)


def test_a_request_is_named_by_who_what_and_which_try_and_not_by_how_structure_is_asked():
    def prompt(word="a", attempt=0):
        return Prompt(({"role": "user", "content": word},), {"type": "object"}, attempt)

    same = key("a:m", prompt(), 10)
    assert same == key("a:m", prompt(), 10)
    assert (
        len({same, key("b:m", prompt(), 10), key("a:m", prompt("b"), 10), key("a:m", prompt(attempt=1), 10), key("a:m", prompt(), 11)}) == 5
    )


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(), max_size=300))
def test_any_text_that_a_server_may_send_can_be_kept(tmp_path_factory, text):
    store = ResponseStore(tmp_path_factory.mktemp("s") / "r.db")
    put(store, "k", answer=Answer(text, "stop"))
    assert store.get("k").text == text.encode("utf-8", "replace").decode("utf-8")
    store.close()


def test_a_batch_is_there_from_before_it_is_made_until_its_answers_are_stored(store):
    number = store.begin_batch("a:m", "tag", 5.0, "schema", ["k1", "k2"])
    assert store.open_batches("a:m") == [(number, "tag", None, 5.0, "schema", ["k1", "k2"])]
    store.hold_batch(number, "batch_1")
    assert store.handles() == {"batch_1"}
    store.end_batch(number, "a:m", [("k1", ANSWER)])
    assert store.open_batches("a:m") == []
    assert store.get("k1").text == "Words."
    assert store.get("k2") is None
