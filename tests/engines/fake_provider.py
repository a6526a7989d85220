"""A real HTTP server that speaks Anthropic Messages and Batches, OpenAI Chat Completions, Files and Batches, with faults on demand.

`python -m tests.engines.fake_provider --latency 0.2` serves in a process of its own and prints its port.
A fault is given to a share of the prompts (`faults`), chosen by the prompt's hash: half of these at the first request only
(the next is answered), half at every request. The ledger holds what a provider would bill.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CONTENT_FAULTS = ("garbage", "empty", "half", "language", "refusal", "persona", "prompt", "long", "declined", "cut_at_limit")
"""Come with a status of 200 and are billed."""
HTTP_FAULTS = ("hang", "401", "403", "404", "429", "429_after", "500", "529", "cut", "no_json", "400")
FAULTS = CONTENT_FAULTS + HTTP_FAULTS

PERSON = (
    "I dropped a glass this evening and it broke, and for a while I just stood there at the sink. My hands would not stop. "
    "It was only a glass, {word}, and still the whole kitchen went far away. I keep telling myself to laugh about it, and I can't yet."
)
CHATBOT = (
    "You stood there with your hands on the sink while the kitchen went far away, and part of you wanted to laugh it off. That is a "
    "frightening few minutes, even when it starts with a glass. Many people find that a sudden crash gets to their body before a single "
    "thought does, and the shaking takes its own time to leave. You stayed with it until it passed. The pieces can wait, {word}, and so "
    "can the joke."
)
FRENCH = (
    "Je ne sais pas pourquoi je me suis arrêté dans la rue ce matin, mais je ne pouvais plus avancer et tout le monde me regardait. J'ai "
    "pensé que cela allait passer, et puis je suis rentré chez moi sans le pain que je voulais acheter pour nous deux. "
)


@dataclass
class Ledger:
    """What was asked and what would be billed."""

    requests: Counter[str] = field(default_factory=Counter)
    """Per prompt (hash), live requests and batch requests alike."""
    given: Counter[str] = field(default_factory=Counter)
    """Per prompt, answers with a status of 200 that left the server whole."""
    faults: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    reply_tokens: int = 0
    batch_prompt_tokens: int = 0
    batch_reply_tokens: int = 0
    most_at_once: int = 0
    keys: set[str] = field(default_factory=set)


class FakeProvider:
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
    ) -> None:
        self.latency, self.faults, self.retry_after, self.forms, self.key = latency, dict(faults or {}), retry_after, forms, key
        self.capacity, self.batch_seconds, self.expire_half, self.once_only = capacity, batch_seconds, expire_half, once_only
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

    async def _route(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes, bool] | None:
        path = target.partition("?")[0].removeprefix("/v1")
        key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        self.ledger.keys.add(key)
        if key != self.key:
            return _error(401, f"invalid x-api-key: {key}")
        if (path == "/messages" and method == "POST") or path == "/chat/completions":
            return await self._ask(json.loads(body), path)
        if path == "/models":
            return _ok({"object": "list", "data": [{"id": "fake-1", "object": "model", "created": 1, "owned_by": "me"}]})
        if path.startswith("/models/"):
            known = {
                "id": "fake-1",
                "object": "model",
                "type": "model",
                "created": 1,
                "owned_by": "me",
                "created_at": "2026-01-01T00:00:00Z",
            }
            return _ok(known) if path.endswith("/fake-1") else _error(404, f"no model {path[8:]}")
        return await self._batch_route(method, path, headers, body)

    async def _ask(self, asked: dict[str, Any], path: str) -> tuple[int, dict[str, str], bytes, bool] | None:
        prompt = _hash(asked)
        self.ledger.requests[prompt] += 1
        self._at_once += 1
        self.ledger.most_at_once = max(self.ledger.most_at_once, self._at_once)
        try:
            if self._at_once > self.capacity:
                self.ledger.faults["capacity"] += 1
                return _error(429, "too many", {"retry-after": str(self.retry_after)})
            if self.latency:
                await asyncio.sleep(self.latency)
            if (form := _form(asked)) not in self.forms:
                return _error(
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
            return _ok(self._message(asked, path, fault, prompt, batch=False))
        finally:
            self._at_once -= 1

    async def _http_fault(self, fault: str, asked: dict[str, Any], path: str) -> tuple[int, dict[str, str], bytes, bool] | None:
        if fault == "hang":
            await asyncio.sleep(30)
            return None
        if fault == "cut":
            return 200, {}, json.dumps(_message(asked, path, "{}", "stop", (1, 1))).encode(), True
        if fault == "no_json":
            return 200, {}, b"<html>bad gateway</html>", False
        if fault == "429_after":
            return _error(429, "slow down", {"retry-after": str(self.retry_after)})
        return _error(int(fault), f"fault {fault}")

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
        return _message(asked, path, text, stop, tokens)

    def _text(self, fault: str, prompt: str) -> str:
        word = "".join(chr(97 + int(c, 16)) for c in prompt[:8])
        person, chatbot = PERSON.format(word=word), CHATBOT.format(word=word)
        good = json.dumps({"person": person, "chatbot": chatbot})
        return {
            "garbage": "%%% \x01 ]]{ not an answer",
            "empty": "",
            "half": good[: len(good) // 2],
            "language": json.dumps({"person": FRENCH, "chatbot": FRENCH + FRENCH}),
            "refusal": json.dumps({"person": person, "chatbot": "I'm sorry, but I can't help with this request. " + chatbot}),
            "persona": json.dumps({"person": "I am 107 years old. " + person, "chatbot": chatbot}),
            "prompt": json.dumps({"person": person, "chatbot": chatbot + " Recognize the emotion of this moment in particular words."}),
            "long": json.dumps({"person": person, "chatbot": chatbot * 250}),
            "declined": "",
            "cut_at_limit": good[:-20],
        }.get(fault, good)

    # -- batches

    async def _batch_route(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes, bool] | None:
        if path == "/files" and method == "POST":
            name = f"file-{len(self.files)}"
            self.files[name] = _upload(headers, body)
            return _ok(
                {"id": name, "object": "file", "bytes": len(body), "created_at": 1, "filename": "x", "purpose": "batch", "status": "ok"}
            )
        if path.startswith("/files/") and path.endswith("/content"):
            return 200, {}, self.files[path.split("/")[2]].encode(), False
        anthropic = path.startswith("/messages/batches")
        path = path.removeprefix("/messages")
        if path == "/batches" and method == "POST":
            made = self._make_batch(json.loads(body), anthropic)
            if self._drop_next_batch_reply:
                self._drop_next_batch_reply = False
                return None
            return _ok(self._show_batch(made))
        if path == "/batches":
            shown = [self._show_batch(b) for b in reversed(self.batches) if self.batches[b]["anthropic"] == anthropic]
            return _ok({"object": "list", "data": shown, "has_more": False, "first_id": None, "last_id": None})
        if path.startswith("/batches/"):
            name, _, tail = path.removeprefix("/batches/").partition("/")
            if name not in self.batches:
                return _error(404, "no such batch")
            if tail == "results":
                return 200, {}, "\n".join(map(json.dumps, self._anthropic_results(name))).encode(), False
            return _ok(self._show_batch(name))
        return _error(404, f"no route {path}")

    def _make_batch(self, asked: dict[str, Any], anthropic: bool) -> str:
        name = f"batch_{len(self.batches)}"
        if anthropic:
            requests = [(r["custom_id"], r["params"]) for r in asked["requests"]]
        else:
            lines = self.files[asked["input_file_id"]].splitlines()
            requests = [(r["custom_id"], r["body"]) for r in map(json.loads, lines)]
        expire = self.expire_half > 0
        self.expire_half -= expire
        self.batches[name] = {
            "anthropic": anthropic,
            "requests": requests,
            "made": time.time(),
            "metadata": asked.get("metadata"),
            "expires": {key for i, (key, _) in enumerate(requests) if expire and i % 2},
            "results": None,
        }
        return name

    def _run(self, name: str) -> list[tuple[str, dict[str, Any] | str]]:
        """(key, message or what went wrong) of each request, once."""
        batch = self.batches[name]
        if batch["results"] is None:
            batch["results"] = []
            for key, asked in batch["requests"]:
                if key in batch["expires"]:
                    batch["results"].append((key, "expired"))
                    continue
                prompt = _hash(asked)
                self.ledger.requests[prompt] += 1
                fault, always = self.fault_of(prompt)
                if fault and not always and self.ledger.requests[prompt] > 1:
                    fault = ""
                path = "/messages" if batch["anthropic"] else "/chat/completions"
                if _form(asked) not in self.forms:
                    batch["results"].append((key, "form"))
                elif fault in HTTP_FAULTS:
                    batch["results"].append((key, "500"))
                else:
                    batch["results"].append((key, self._message(asked, path, fault, prompt, batch=True)))
        return batch["results"]

    def _show_batch(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        ended = time.time() - batch["made"] >= self.batch_seconds
        size = len(batch["requests"])
        if batch["anthropic"]:
            counts = dict.fromkeys(("succeeded", "errored", "canceled", "expired", "processing"), 0)
            counts["succeeded" if ended else "processing"] = size
            made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(batch["made"]))
            return {
                "id": name,
                "type": "message_batch",
                "processing_status": "ended" if ended else "in_progress",
                "request_counts": counts,
                "created_at": made,
                "expires_at": made,
                "results_url": f"{self.url}/v1/messages/batches/{name}/results" if ended else None,
            }
        shown = {
            "id": name,
            "object": "batch",
            "status": ("expired" if batch["expires"] else "completed") if ended else "in_progress",
            "created_at": int(batch["made"]),
            "completion_window": "24h",
            "endpoint": "/v1/chat/completions",
            "input_file_id": "file-0",
            "metadata": batch["metadata"],
        }
        if ended:
            output, errors = f"{name}-output", f"{name}-errors"
            lines: dict[str, list[str]] = {output: [], errors: []}
            for key, result in self._run(name):
                if isinstance(result, dict):
                    lines[output].append(json.dumps({"custom_id": key, "response": {"status_code": 200, "body": result}, "error": None}))
                elif result == "expired":
                    error = {"code": "batch_expired", "message": "This request could not be executed in time."}
                    lines[errors].append(json.dumps({"custom_id": key, "response": None, "error": error}))
                else:
                    status, message = (400, "response_format json_schema is not supported") if result == "form" else (500, "server error")
                    body = {"error": {"message": message}}
                    lines[errors].append(json.dumps({"custom_id": key, "response": {"status_code": status, "body": body}, "error": None}))
            for file, content in lines.items():
                self.files[file] = "\n".join(content)
            shown |= {"output_file_id": output if lines[output] else None, "error_file_id": errors if lines[errors] else None}
        return shown

    def _anthropic_results(self, name: str) -> Iterator[dict[str, Any]]:
        for key, result in self._run(name):
            if isinstance(result, dict):
                told: dict[str, Any] = {"type": "succeeded", "message": result}
            elif result == "expired":
                told = {"type": "expired"}
            else:
                kind = "invalid_request_error" if result == "form" else "api_error"
                message = "output_config is not supported" if result == "form" else "server error"
                told = {"type": "errored", "error": {"type": "error", "error": {"type": kind, "message": message}}}
            yield {"custom_id": key, "result": told}


def _hash(asked: dict[str, Any]) -> str:
    """Of the last turn: the same whatever form is asked for."""
    return hashlib.sha256(json.dumps(asked["messages"][-1]).encode()).hexdigest()


def _form(asked: dict[str, Any]) -> str:
    if "output_config" in asked or asked.get("response_format", {}).get("type") == "json_schema":
        return "schema"
    return "tool" if "tools" in asked else "json" if "response_format" in asked else "plain"


def _message(asked: dict[str, Any], path: str, text: str, stop: str, tokens: tuple[int, int]) -> dict[str, Any]:
    if path == "/messages":
        block: dict[str, Any] = {"type": "text", "text": text}
        with contextlib.suppress(ValueError):
            if "tools" in asked:
                block = {"type": "tool_use", "id": "t1", "name": asked["tools"][0]["name"], "input": json.loads(text)}
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "fake-1-20260101",
            "content": [block],
            "stop_reason": {"stop": "end_turn", "length": "max_tokens"}.get(stop, stop),
            "stop_sequence": None,
            "usage": {"input_tokens": tokens[0], "output_tokens": tokens[1]},
        }
    refused = "I can't write this." if stop == "refusal" else None
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "fake-1-20260101",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": refused},
                "finish_reason": "stop" if refused else stop,
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
    }


def _ok(value: dict[str, Any]) -> tuple[int, dict[str, str], bytes, bool]:
    return 200, {}, json.dumps(value).encode(), False


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes, bool]:
    return status, headers or {}, json.dumps({"type": "error", "error": {"type": "fault", "message": message}}).encode(), False


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def _upload(headers: dict[str, str], body: bytes) -> str:
    """The file of a multipart form."""
    boundary = headers["content-type"].partition("boundary=")[2].encode()
    part = next(p for p in body.split(b"--" + boundary) if b"filename=" in p)
    return part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n").decode()


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
