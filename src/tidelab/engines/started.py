"""started: a server in an environment of its own, started for a student and stopped when it has answered."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from tidelab.engines import gguf
from tidelab.errors import TidelabError

Kind = Literal["llama.cpp", "vllm"]
VLLM = "TIDELAB_VLLM"
PATIENCE = 600.0
"""Seconds until a server that loads a model must answer."""
PARTING = 15.0
NAME = "student"


@contextmanager
def started(kind: Kind, model: Path, log: Path, adapter: Path | None = None) -> Iterator[str]:
    """`openai-compatible:URL#MODEL` of a server that answers with the model, on a free port of this machine; stopped at the end.

    model: for llama.cpp a GGUF file, for vLLM a directory, whose adapter it takes unmerged. log: the server's own words.
    Raises TidelabError where its command is not named, or it ends or stays silent before it answers.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}/v1"
    with log.open("ab") as words:
        server = subprocess.Popen(command(kind, model, port, adapter), stdout=words, stderr=words, start_new_session=True)
        try:
            _wait(server, url, kind, log)
            yield f"openai-compatible:{url}#{NAME if adapter is None else adapter.name}"
        finally:
            _stop(server)


def command(kind: Kind, model: Path, port: int, adapter: Path | None = None) -> list[str]:
    """The words that start it. Raises TidelabError where the environment doesn't name its program."""
    place = ["--host", "127.0.0.1", "--port", str(port)]
    if kind == "llama.cpp":
        words = gguf.server()
        named = "--model_alias" if "llama_cpp.server" in words else "--alias"  # of llama-cpp-python, and of llama.cpp's own program
        # A CPU with AMX has crashed on repacked q8_0 weights.
        return [*words, "--model", str(model), named, NAME, *place, *(["--no-repack"] if named == "--alias" else [])]
    words = shlex.split(os.environ.get(VLLM, ""))
    if not words:
        mend = f"set {VLLM} to the `vllm` program of an environment of its own"
        raise TidelabError("no vLLM is named", where=VLLM, mend=mend)
    served = ["--enable-lora", "--lora-modules", f"{adapter.name}={adapter}"] if adapter else []
    return [*words, "serve", str(model), "--served-model-name", NAME, "--generation-config", "vllm", *place, *served]


def _wait(server: subprocess.Popen[bytes], url: str, kind: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.poll() is not None:
            raise _failed(f"the server of {kind} ended with status {server.returncode} before it answered", log)
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{url}/models", timeout=5):
            return
        time.sleep(0.2)
    raise _failed(f"the server of {kind} did not answer within {PATIENCE:g} s", log)


def _failed(what: str, log: Path) -> TidelabError:
    told = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return TidelabError(f"{what}: {told[-1][:200] if told else 'it said nothing'}", where=str(log), mend="read that log")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """With all processes that it started."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(PARTING)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])
