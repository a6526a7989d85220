"""What a hub may answer, from a server that speaks its protocol: gated models, revisions that are gone, nothing at all."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

CODES = {"gated": (403, "GatedRepo"), "vanished": (404, "RevisionNotFound"), "unknown": (404, "RepoNotFound")}


class Hub(http.server.BaseHTTPRequestHandler):
    """Answers by the model's name: /owner/gated/resolve/..."""

    def do_GET(self) -> None:
        name = self.path.split("/")[2] if self.path.count("/") > 2 else ""
        status, code = CODES.get(name, (404, "EntryNotFound"))
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 -- the name that http.server calls

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


ASK = """
import sys
from tidelab.engines.loading import load_config
from tidelab.errors import TidelabError
for model in sys.argv[1:]:
    try:
        load_config(model)
    except TidelabError as error:
        print(error.where, "|", error.what, "|", error.mend)
"""


def test_each_refusal_of_a_hub_has_its_own_mend(hub: str, tmp_path: object) -> None:
    environment = os.environ | {"HF_ENDPOINT": hub, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        environment.pop(name, None)
    models = ["owner/gated", "owner/vanished@0123abc", "owner/unknown"]
    done = subprocess.run([sys.executable, "-c", ASK, *models], env=environment, capture_output=True, text=True, check=True)
    gated, vanished, unknown = done.stdout.splitlines()
    assert gated.startswith("owner/gated | ") and "gated, and there is no token" in gated and "HF_TOKEN" in gated
    assert "revision 0123abc is not there" in vanished and "owner/vanished@REVISION" in vanished
    assert "can't be had from the hub" in unknown and "check the id" in unknown


def test_a_hub_that_is_not_there_is_named_as_such(tmp_path: object) -> None:
    environment = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", ASK, "owner/name"], env=environment, capture_output=True, text=True, check=True)
    assert "can't be had from the hub" in done.stdout and "network" in done.stdout
