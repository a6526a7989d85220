"""The hub's protocol from a real server on loopback, asked through huggingface_hub in a process of its own."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

from tidelab.corpus import hub, source
from tidelab.errors import TidelabError

SHA = "a" * 40
PAIR = {"person": "I keep hearing it at night.", "chatbot": "The nights sound long."}
FILES = {
    "README.md": b"---\nlicense: cc-by-nc-4.0\nextra_gated_prompt: ask first\n---\n# TIDE\n",
    "conversations/1_conversation.json": json.dumps({"conversations": {"1": PAIR, "2": {"person": " ", "chatbot": "x"}}}).encode(),
    "metadata/1_metadata.json": json.dumps({"client_profile": {"age": 40}, "trauma_info": {"type": "flood"}}).encode(),
}


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download asks for. `gated/X` needs the token, `broken/X` fails in the middle."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append((self.command, path, self.headers.get("authorization", "")))
        owner = path.split("/")[3 if path.startswith("/api/") else 2]
        if owner == "nobody":
            return self.send(404, b"{}", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})
        if path.startswith("/api/datasets/") and "/revision/" in path:
            if not path.endswith(("/main", SHA)):
                return self.send(404, b"{}", {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"})
            siblings = [{"rfilename": name} for name in FILES]
            return self.send_json({"id": f"{owner}/TIDE", "sha": SHA, "siblings": siblings, "tags": [], "private": False})
        if "/tree/" in path:
            return self.send_json(
                [{"type": "file", "path": n, "size": len(b), "oid": hashlib.sha1(b).hexdigest()} for n, b in FILES.items()]
            )
        if owner == "gated" and self.headers.get("authorization") != "Bearer hf_let_me_in":
            return self.send(403, b"{}", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to dataset is restricted"})
        if owner == "broken" and "metadata" in path:
            return self.send(500, b"oops", {})
        name = path.split(f"/resolve/{SHA}/")[1]
        body = FILES[name]
        return self.send(200, body, {"ETag": f'"{hashlib.sha1(body).hexdigest()}"', "X-Repo-Commit": SHA})

    def send_json(self, value):
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def send(self, status, body, headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    one = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    one.asked = []
    threading.Thread(target=one.serve_forever, daemon=True).start()
    yield one
    one.shutdown()


def tide(server, home, *arguments, **variables):
    place = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(home / "hf"), "HF_HUB_OFFLINE": "0"}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    command = [sys.executable, "-m", "tidelab.cli", *map(str, arguments)]
    return subprocess.run(command, env=kept | place | variables, capture_output=True, text=True, check=False, timeout=120)


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_data_set_of_the_hub_is_fetched_read_and_carries_its_licence(server, tmp_path):
    done = tide(server, tmp_path, "corpus", "import", "hf:yenopoya/TIDE", "--out", tmp_path / "t.jsonl", "--json")
    assert done.returncode == 3, done.stderr  # one of its two rows is blank
    (row,) = rows(tmp_path / "t.jsonl")
    assert (row["conversation_id"], row["person"], row["age"], row["trauma_type"]) == ("1/1", PAIR["person"], 40, "flood")
    assert row["licence"] == "CC-BY-NC-4.0" and row["provenance"]["gated"] is True and row["provenance"]["hub"] == "yenopoya/TIDE"
    (left,) = rows(tmp_path / "t.quarantine.jsonl")
    assert "empty or blank" in left["reason"]

    # What is in the cache needs no network any more.
    again = tide(server, tmp_path, "corpus", "import", "hf:yenopoya/TIDE", "--out", tmp_path / "u.jsonl", HF_HUB_OFFLINE="1")
    assert again.returncode == 3, again.stderr
    assert rows(tmp_path / "u.jsonl") == rows(tmp_path / "t.jsonl")

    # Publishing it again names the licence and needs a word.
    refused = tide(server, tmp_path, "corpus", "export", "hf:yenopoya/TIDE", "--out", tmp_path / "out")
    assert refused.returncode == 2 and "CC-BY-NC-4.0" in refused.stderr and "--accept-licence" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_a_gated_data_set_says_how_to_get_in_and_opens_with_a_token_that_is_never_shown(server, tmp_path):
    shut = tide(server, tmp_path, "corpus", "import", "hf:gated/TIDE", "--out", tmp_path / "g.jsonl")
    assert shut.returncode == 2 and "HF_TOKEN" in shut.stderr and "granted one by one" in shut.stderr, shut.stderr
    token = {"HF_TOKEN": "hf_let_me_in"}
    done = tide(server, tmp_path, "corpus", "import", "hf:gated/TIDE", "--out", tmp_path / "g.jsonl", **token)
    assert done.returncode == 3, done.stderr
    everything = done.stdout + done.stderr + (tmp_path / "g.jsonl").read_text() + (tmp_path / "g.quarantine.jsonl").read_text()
    assert "hf_let_me_in" not in everything


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("hf:nobody/TIDE", "shows no data set"),
        ("hf:a/TIDE@nowhere", "no revision"),
        ("hf:TIDE", "names no data set"),
        ("hf:broken/TIDE", "whole"),
    ],
)
def test_what_the_hub_does_not_give_is_an_error_with_its_mend(server, tmp_path, source, what):
    done = tide(server, tmp_path, "corpus", "import", source, "--out", tmp_path / "x.jsonl")
    assert done.returncode == 2, done.stderr
    assert what in done.stderr and "mend:" in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_without_network_and_cache_it_says_so(server, tmp_path):
    done = tide(server, tmp_path, "corpus", "import", "hf:a/TIDE", "--out", tmp_path / "x.jsonl", HF_HUB_OFFLINE="1")
    assert done.returncode == 2 and "could not be fetched whole" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("card", "licence", "gated"),
    [
        ("---\nlicense: cc-by-nc-4.0\n---\n", "CC-BY-NC-4.0", False),
        ("---\nlicense: [mit]\nextra_gated_fields: {Name: text}\n---", "MIT", True),
        ("---\r\nlicense: other\r\nlicense_name: my terms\r\n---\r\n# x", "my terms", False),
        ("---\nlicense: other\n---\n", "other", False),
        ("# no header\nlicense: mit\n", "", False),
        ("", "", False),
    ],
)
def test_a_card_tells_of_licence_and_access(tmp_path, card, licence, gated):
    (tmp_path / "README.md").write_text(card)
    assert hub.terms(tmp_path, str(tmp_path)) == hub.Terms(licence, gated)


@pytest.mark.parametrize(("card", "why"), [("---\nlicense: [\n---\n", "no YAML (line"), ("---\n- a list\n---\n", "without names")])
def test_a_card_whose_header_can_t_be_read_is_a_warning_of_the_import(tmp_path, card, why):
    (tmp_path / "README.md").write_text(card)
    (tmp_path / "data.jsonl").write_text(json.dumps({"person": "I could not sleep again.", "chatbot": "The nights are long."}) + "\n")
    found = source.read(str(tmp_path))
    assert any(why in warning and str(tmp_path) in warning for warning in found.warnings), found.warnings
    assert [c.licence for c in found.conversations] == ["unknown"]


def test_tide_is_known_to_be_non_commercial_and_gated_even_without_its_card(tmp_path):
    assert hub.terms(tmp_path, "hf:yenopoya/TIDE@main") == hub.Terms("CC-BY-NC-4.0", True)
    assert hub.terms(tmp_path, str(tmp_path)) == hub.Terms("", False)


def test_a_name_that_is_none_is_told_before_anything_is_asked():
    with pytest.raises(TidelabError, match="names no data set"):
        hub.fetch("hf:../../etc")
