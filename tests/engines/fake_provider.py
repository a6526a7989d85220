"""A real HTTP server that speaks Anthropic Messages and Batches, OpenAI Chat Completions, Files and Batches, with faults on demand.

`python -m tests.engines.fake_provider --latency 0.2` serves in a process of its own and prints its port.
A fault is given to a share of the prompts (`faults`), chosen by the prompt's hash: half of these at the first request only
(the next is answered), half at every request. The ledger holds what a provider would bill.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import threading
from collections.abc import Mapping
from typing import Any

from tests.engines.fake_answers import FAULTS, HTTP_FAULTS, Ledger, Response, answer_text, error, form_of, hash_of, message, ok
from tests.engines.fake_batches import Batches


class FakeProvider(Batches):
    """Serves on a free port of the loopback, in a thread of its own, from `with` to its end."""

    def __init__(
        self,
        *,
        latency: float = 0.0,
        faults: Mapping[str, float] | None = None,
        retry_after: float = 0.05,
        forms: tuple[str, ...] = ("schema", "tool", "json", "plain"),
        key: str = "right-key",
        capacity: int = 10_000,
        batch_seconds: float = 0.1,
        expire_half: int = 0,
        once_only: bool = False,
        tells_tokens: bool = True,
        batch_error: str = "",
        enqueued: int = 10_000,
    ) -> None:
        self.latency, self.faults, self.retry_after, self.forms, self.key = latency, dict(faults or {}), retry_after, forms, key
        self.capacity, self.batch_seconds, self.expire_half, self.once_only = capacity, batch_seconds, expire_half, once_only
        self.tells_tokens, self.batch_error, self.enqueued = tells_tokens, batch_error, enqueued
        self.ledger = Ledger()
        self.batches: dict[str, dict[str, Any]] = {}
        self.files: dict[str, str] = {}
        self.port = 0
        self._at_once = 0
        self._drop_next_batch_reply = False

    # -- life

    def __enter__(self) -> FakeProvider:
        ready = threading.Event()

        def serve() -> None:
            self._loop = asyncio.new_event_loop()
            server = self._loop.run_until_complete(asyncio.start_server(self._client, "127.0.0.1", 0, backlog=1024))
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            self._loop.run_forever()
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))

        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def drop_next_batch_reply(self) -> None:
        """The next batch is made, and the connection dies before its handle is told."""
        self._drop_next_batch_reply = True

    def fault_of(self, prompt: str) -> tuple[str, bool]:
        """(fault or "", is it at every request) of a prompt's hash."""
        place, at = int(prompt[:12], 16) / 16**12, 0.0
        for name, share in self.faults.items():
            if at <= place < at + share:
                return name, not self.once_only and int(prompt[12:14], 16) % 2 == 0
            at += share
        return "", False

    # -- HTTP

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *lines = head.decode("latin-1").split("\r\n")
                method, target, _ = line.split(" ")
                headers = {k.lower(): v.strip() for k, _, v in (entry.partition(":") for entry in lines if entry)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if "chunked" in headers.get("transfer-encoding", ""):
                    body = await _chunks(reader)
                answer = await self._route(method, target, headers, body)
                if answer is None:
                    break
                status, extra, content, cut = answer
                told = "".join(f"{k}: {v}\r\n" for k, v in extra.items())
                writer.write(
                    f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{told}content-length: {len(content)}\r\n\r\n".encode()
                )
                writer.write(content[: len(content) // 2] if cut else content)
                await writer.drain()
                if cut:
                    break
        writer.close()

    async def _route(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Response | None:
        path = target.partition("?")[0].removeprefix("/v1")
        key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        self.ledger.keys.add(key)
        if key != self.key:
            return error(401, f"invalid x-api-key: {key}")
        if (path == "/messages" and method == "POST") or path == "/chat/completions":
            return await self._ask(json.loads(body), path)
        if path == "/models":
            return ok({"object": "list", "data": [{"id": "fake-1", "object": "model", "created": 1, "owned_by": "me"}]})
        if path.startswith("/models/"):
            known = {
                "id": "fake-1",
                "object": "model",
                "type": "model",
                "created": 1,
                "owned_by": "me",
                "created_at": "2026-01-01T00:00:00Z",
            }
            return ok(known) if path.endswith("/fake-1") else error(404, f"no model {path[8:]}")
        return await self._batch_route(method, path, headers, body)

    async def _ask(self, asked: dict[str, Any], path: str) -> Response | None:
        prompt = hash_of(asked)
        self.ledger.requests[prompt] += 1
        self._at_once += 1
        self.ledger.most_at_once = max(self.ledger.most_at_once, self._at_once)
        try:
            if self._at_once > self.capacity:
                self.ledger.faults["capacity"] += 1
                return error(429, "too many", {"retry-after": str(self.retry_after)})
            if self.latency:
                await asyncio.sleep(self.latency)
            if (form := form_of(asked)) not in self.forms:
                return error(
                    400,
                    {"schema": "response_format json_schema / output_config", "tool": "tools", "json": "response_format json_object"}.get(
                        form, form
                    )
                    + " not supported",
                )
            fault, always = self.fault_of(prompt)
            if fault and not always and self.ledger.requests[prompt] > 1:
                fault = ""
            if fault:
                self.ledger.faults[fault] += 1
            if fault in HTTP_FAULTS:
                return await self._http_fault(fault, asked, path)
            return ok(self._message(asked, path, fault, prompt, batch=False))
        finally:
            self._at_once -= 1

    async def _http_fault(self, fault: str, asked: dict[str, Any], path: str) -> Response | None:
        if fault == "hang":
            await asyncio.sleep(30)
            return None
        if fault == "cut":
            return 200, {}, json.dumps(message(asked, path, "{}", "stop", (1, 1))).encode(), True
        if fault == "no_json":
            return 200, {}, b"<html>bad gateway</html>", False
        if fault == "429_after":
            return error(429, "slow down", {"retry-after": str(self.retry_after)})
        return error(int(fault), f"fault {fault}")

    def _message(self, asked: dict[str, Any], path: str, fault: str, prompt: str, *, batch: bool) -> dict[str, Any]:
        text, stop = self._text(fault, prompt), "stop"
        if fault == "declined":
            stop = "refusal"
        if fault == "cut_at_limit":
            stop = "length"
        tokens = (len(json.dumps(asked["messages"])) // 4, max(1, len(text) // 4))
        self.ledger.given[prompt] += 1
        if batch:
            self.ledger.batch_prompt_tokens += tokens[0]
            self.ledger.batch_reply_tokens += tokens[1]
        else:
            self.ledger.prompt_tokens += tokens[0]
            self.ledger.reply_tokens += tokens[1]
        told = message(asked, path, text, stop, tokens)
        return told if self.tells_tokens else {name: value for name, value in told.items() if name != "usage"}

    def _text(self, fault: str, prompt: str) -> str:
        return answer_text(fault, prompt)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def main() -> None:
    """Serves until standard input ends."""
    import sys

    options = argparse.ArgumentParser()
    options.add_argument("--latency", type=float, default=0.0)
    options.add_argument("--share", type=float, default=0.0, help="share of prompts that get each of the faults")
    chosen = options.parse_args()
    names = [f for f in FAULTS if f != "hang"]
    with FakeProvider(latency=chosen.latency, faults=dict.fromkeys(names, chosen.share) if chosen.share else None) as server:
        print(server.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
