"""`tide corpus write` against a real server: valid or in quarantine, totals that add up, killed anywhere and paid once."""

import json
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from tests.engines.asking import billed, name
from tests.engines.fake_answers import CONTENT_FAULTS, FAULTS
from tests.study import tide
from tidelab.errors import TidelabError

PERSONAS, PER_PERSONA = int(os.environ.get("TEST_PERSONAS", "40")), 20  # 500: the 10,000 of a whole corpus, in three minutes
REASONS = {
    "garbage": "not JSON",
    "half": "not JSON",
    "empty": "empty",
    "language": "not English",
    "refusal": "refusal",
    "persona": "I am 107",
    "prompt": "repeats the prompt",
    "long": "wanted are 45 to 165",
    "declined": "the provider's model refused",
    "cut_at_limit": "cut at the limit",
    "hang": "time-out",
    "429_after": "HTTP 429",
    "cut": "connection failed or was cut",
    "no_json": "no JSON object",
} | {status: f"HTTP {status}" for status in ("400", "401", "403", "404", "429", "500", "529")}


def arguments(server, kind, run, personas, per_persona, *more):
    counts = ("--personas", str(personas), "--per-persona", str(per_persona), "--concurrency", "32", "--timeout", "0.5", "--poll", "0.05")
    return ("corpus", "write", "--teacher", name(server, kind), "--run", str(run), *counts, "--price", "3,15", "--json", *more)


def write(server, kind, run, personas, per_persona, *more):
    code, output = tide(*arguments(server, kind, run, personas, per_persona, *more))
    return code, json.loads(output) if output else {}


def tables(run):
    return [pl.read_parquet(run / "corpus" / "write" / f"{t}.parquet") for t in ("personas", "scenarios", "conversations", "quarantine")]


def fault_of(server, persona, scenario):
    from tests.engines.fake_answers import hash_of
    from tidelab.corpus.teachers import prompts

    return server.fault_of(hash_of({"messages": [dict(m) for m in prompts.ask(persona, scenario).messages]}))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "batch"), [("anthropic", False), ("openai", False), ("openai", True)])
def test_with_one_in_a_hundred_of_each_fault_everything_is_valid_or_in_quarantine_with_its_true_reason(serve, tmp_path, kind, batch):
    from tidelab.corpus.teachers.cell import pairs

    server = serve(faults=dict.fromkeys(FAULTS, 0.01))
    code, result = write(server, kind, tmp_path / "run", PERSONAS, PER_PERSONA, *(["--batch"] if batch else []))
    _, situations, conversations, quarantine = tables(tmp_path / "run")
    assert code == 3  # some 10% stay bad
    assert conversations.height + quarantine.height == situations.height == PERSONAS * PER_PERSONA
    assert not set(conversations["conversation_id"]) & set(quarantine["conversation_id"])
    assert (result["conversations"], result["quarantined"]) == (conversations.height, quarantine.height)
    assert sum(result["tries"].values()) == conversations.height

    reasons = dict(quarantine.select("conversation_id", "reason").iter_rows())
    provenance = {c: json.loads(p) for c, p in conversations.select("conversation_id", "provenance").iter_rows()}
    met = set()
    for persona, scenario in pairs(PERSONAS, PER_PERSONA, 7):
        conversation = f"{scenario.scenario_id}-c0"
        fault, always = fault_of(server, persona, scenario)
        told = "HTTP 500" if batch and fault in FAULTS and fault not in CONTENT_FAULTS else REASONS.get(fault, "")
        if fault in ("400", "401", "403", "404") and not batch:
            always = True  # asking again is no use, so it isn't done
        if fault and always:
            assert told in reasons[conversation], (fault, reasons.get(conversation))
            met.add(fault)
        elif fault in CONTENT_FAULTS:
            assert provenance[conversation]["tries"] == 2
            assert told in provenance[conversation]["refused_tries"][0]
        else:
            assert provenance[conversation]["tries"] == 1
    assert len(met) >= 15
    assert result["usage"]["cost"] == pytest.approx(billed(server))
    assert result["usage"]["prompt_tokens"] == server.ledger.prompt_tokens + server.ledger.batch_prompt_tokens
    assert result["usage"]["reply_tokens"] == server.ledger.reply_tokens + server.ledger.batch_reply_tokens


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "batch"), [("openai", False), ("anthropic", True)])
def test_killed_again_and_again_nothing_is_paid_twice_lost_or_doubled(serve, tmp_path, kind, batch):
    flying = 32
    server = serve(latency=0.05, faults={"empty": 0.05}, batch_seconds=1.0)
    run, kills = tmp_path / "run", 0
    command = [sys.executable, "-m", "tidelab.cli", *arguments(server, kind, run, 30, 10, *(["--batch"] if batch else []))]
    for wait in (0.0, 0.2, 0.5, 0.8, 0.1):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ, start_new_session=True)
        before = sum(server.ledger.requests.values()) + len(server.batches)
        start = time.monotonic()
        while (
            process.poll() is None
            and sum(server.ledger.requests.values()) + len(server.batches) == before
            and time.monotonic() - start < 20
        ):
            time.sleep(0.01)
            if batch and len(server.batches) and time.monotonic() - start > 2:
                break  # a batch is under way: nothing new is asked
        time.sleep(wait)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
    finished = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert finished.returncode in (0, 3), finished.stderr
    result = json.loads(finished.stdout)
    assert kills >= 2
    _, situations, conversations, quarantine = tables(run)
    assert conversations.height + quarantine.height == situations.height == 300
    assert conversations["conversation_id"].n_unique() == conversations.height
    # what the server billed and the store has not: at most the requests that were in flight at a kill
    lost = sum(server.ledger.given.values()) - result["usage"]["answers"]
    assert 0 <= lost <= (1 if batch else kills * flying)
    if batch:
        sent = [key for made in server.batches.values() for key, _ in made["requests"]]
        assert len(sent) == len(set(sent))


def test_ctrl_c_keeps_the_answers_under_way_so_that_nothing_is_lost(serve, tmp_path):
    server = serve(latency=0.3)
    run = tmp_path / "run"
    command = [sys.executable, "-m", "tidelab.cli", *arguments(server, "anthropic", run, 30, 10)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while sum(server.ledger.requests.values()) < 20:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130 and "goes on where it stopped" in told
    assert "Traceback" not in told
    paid = sum(server.ledger.given.values())
    assert paid < 300
    code, result = write(server, "anthropic", run, 30, 10)
    assert code == 0 and result["usage"]["answers"] == sum(server.ledger.given.values()) == 300


def test_a_second_command_finds_the_cell_done_and_asks_nothing(serve, tmp_path):
    server = serve()
    assert write(server, "openai", tmp_path / "run", 4, 3)[0] == 0
    code, result = write(server, "openai", tmp_path / "run", 4, 3)
    assert code == 0 and result["conversations"] == 12
    assert sum(server.ledger.requests.values()) == 12


def test_a_higher_limit_pays_only_for_what_is_new(serve, tmp_path):
    server = serve()
    write(server, "anthropic", tmp_path / "run", 4, 3, "--limit", "5")
    assert sum(server.ledger.requests.values()) == 5
    _, result = write(server, "anthropic", tmp_path / "run", 4, 3)
    assert sum(server.ledger.requests.values()) == 12
    assert result["usage"]["cost"] == pytest.approx(billed(server))


def test_rows_say_who_wrote_them_with_what_prompt_and_after_how_many_tries(serve, tmp_path):
    from tidelab.corpus.teachers import prompts

    server = serve(faults={"half": 1.0}, once_only=True)
    write(server, "anthropic", tmp_path / "run", 2, 2)
    _, _, conversations, _ = tables(tmp_path / "run")
    for told in map(json.loads, conversations["provenance"]):
        assert (told["teacher"], told["model"], told["tries"], told["batch"]) == ("anthropic:fake-1", "fake-1-20260101", 2, False)
        assert told["prompt_sha256"] == prompts.prompt_hash() and told["refused_tries"] == ["the answer is not JSON"]
    assert set(conversations["source"]) == {"teacher"}
    assert set(conversations["licence"]) == {"LicenseRef-terms-of-anthropic"}


def test_quarantine_keeps_the_raw_answer(serve, tmp_path):
    server = serve(faults={"garbage": 1.0})
    code, result = write(server, "openai", tmp_path / "run", 5, 4)
    quarantine = tables(tmp_path / "run")[3]
    assert code == 3 and result["quarantined"] == quarantine.height > 0
    assert set(quarantine["raw"]) == {"%%% \x01 ]]{ not an answer"}
    assert set(quarantine["stage"]) == {"write"}


def test_what_never_got_an_answer_is_asked_for_again_when_asked_to_and_nothing_else_is(serve, tmp_path, monkeypatch):
    from tidelab.corpus.teachers import cell as writing
    from tidelab.engines import remote
    from tidelab.run import RunDirectory

    monkeypatch.setattr(remote, "CALLS", 1)
    server, run, calm = serve(faults={"500": 0.2, "garbage": 0.2}), tmp_path / "run", ("--timeout", "60")  # a busy machine loses no more
    code, first = write(server, "openai", run, 5, 10, *calm)
    lost = sum(n for reason, n in first["reasons"].items() if "HTTP 500" in reason)
    assert code == 3 and lost and first["quarantined"] > lost
    asked = sum(server.ledger.requests.values())
    assert write(server, "openai", run, 5, 10, *calm)[1]["quarantined"] == first["quarantined"]  # the cell is done
    server.faults = {"garbage": 0.0}
    code, second = write(server, "openai", run, 5, 10, *calm, "--again")
    assert sum(server.ledger.requests.values()) == asked + lost
    assert second["quarantined"] == first["quarantined"] - lost and second["conversations"] == first["conversations"] + lost
    directory = RunDirectory(run)
    monkeypatch.setattr(directory.__class__, "done", lambda self, cell: {} if cell == writing.WRITE else {"notes": {}})
    with pytest.raises(TidelabError, match="a study was made of this corpus"):
        tide(*arguments(server, "openai", run, 5, 10, *calm, "--again"))


def test_a_spent_budget_ends_with_2_and_says_how_to_go_on_and_going_on_works(serve, tmp_path):
    server = serve()
    run = tmp_path / "run"
    with pytest.raises(TidelabError, match="budget"):
        tide(*arguments(server, "openai", run, 20, 5, "--max-cost", "0.15"))
    assert billed(server) <= 0.15
    code, result = write(server, "openai", run, 20, 5, "--max-cost", "10")
    assert code == 0 and result["conversations"] == 100
    assert sum(server.ledger.requests.values()) == 100


def test_a_token_limit_ends_with_2_and_names_itself_and_an_answer_limit_of_its_own_is_asked_for(serve, tmp_path):
    server = serve()
    run = tmp_path / "run"
    with pytest.raises(TidelabError, match="budget of 30,000 tokens") as spent:
        tide(*arguments(server, "openai-compatible", run, 20, 5, "--max-tokens", "30000"))
    assert "--max-tokens" in str(spent.value)
    asked = sum(server.ledger.requests.values())
    assert 0 < asked < 100
    with pytest.raises(TidelabError, match="budget"):  # answers of another length are others: they are paid for, and count as well
        tide(*arguments(server, "openai-compatible", run, 20, 5, "--max-tokens", "40000", "--answer-tokens", "300"))
    assert asked < sum(server.ledger.requests.values()) < 100
    assert tide("corpus", "write", "--teacher", "openai:m", "--show-prompts", "--answer-tokens", "300")[1].endswith(
        "at most 300 tokens for an answer\n"
    )


def test_a_full_disk_ends_with_2_and_the_same_command_goes_on(serve, tmp_path, monkeypatch):
    import sqlite3

    server, run, real = serve(), tmp_path / "run", sqlite3.connect

    def small(*args, **kwargs):
        database = real(*args, **kwargs)
        database.execute("PRAGMA max_page_count = 20")
        return database

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(TidelabError, match="the disk is full") as full:
        tide(*arguments(server, "openai", run, 20, 5))
    assert "goes on where it stopped" in str(full.value)
    monkeypatch.setattr(sqlite3, "connect", real)
    code, result = write(server, "openai", run, 20, 5)
    assert code == 0 and result["conversations"] == 100
    assert sum(server.ledger.given.values()) - result["usage"]["answers"] <= 2 * 32


def test_prompts_are_shown_without_a_key_or_a_server(tmp_path, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    code, output = tide("corpus", "write", "--teacher", "anthropic:m", "--run", str(tmp_path / "none"), "--show-prompts", "--limit", "2")
    assert code == 0
    assert output.count("[user]") == 2 and "SHA-256" in output
    assert not (tmp_path / "none").exists()


def test_the_rehearsal_teacher_needs_nothing_and_says_what_it_is(tmp_path):
    code, output = tide("corpus", "write", "--teacher", "rehearsal", "--run", str(tmp_path / "r"), "--personas", "4", "--per-persona", "3")
    assert code == 0 and "12 conversations written" in output and "rehearsal" in output
    assert set(tables(tmp_path / "r")[2]["source"]) == {"rehearsal"}


def test_nonsense_is_the_users_to_mend(tmp_path):
    for wrong in (("--teacher", "gpt"), ("--teacher", "openai:m", "--price", "cheap")):
        with pytest.raises(TidelabError):
            tide("corpus", "write", "--run", str(tmp_path / "r"), *wrong)
    assert not (tmp_path / "r").exists()
