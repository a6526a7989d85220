"""The batch half of the fake provider: files, batches, what expires, and what they cost."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from tests.engines.fake_answers import HTTP_FAULTS, Ledger, Response, error, form_of, hash_of, ok


class Batches(ABC):
    """What the server is for batches; it brings its faults and messages itself."""

    url: str
    ledger: Ledger
    forms: tuple[str, ...]
    batch_seconds: float
    expire_half: int
    batch_error: str
    """Code of the error with which every batch of OpenAI's fails as a whole."""
    enqueued: int
    """Requests that may wait in batches of OpenAI's at a time; a batch that brings more fails as a whole."""
    batches: dict[str, dict[str, Any]]
    files: dict[str, str]
    _drop_next_batch_reply: bool

    @abstractmethod
    def fault_of(self, prompt: str) -> tuple[str, bool]:
        """(fault or "", is it at every request) of a prompt's hash."""

    @abstractmethod
    def _message(self, asked: dict[str, Any], path: str, fault: str, prompt: str, *, batch: bool) -> dict[str, Any]:
        """The answer, and what it costs."""

    async def _batch_route(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Response | None:
        if path == "/files" and method == "POST":
            name = f"file-{len(self.files)}"
            self.files[name] = _upload(headers, body)
            return ok(
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
            return ok(self._show_batch(made))
        if path == "/batches":
            shown = [self._show_batch(b) for b in reversed(self.batches) if self.batches[b]["anthropic"] == anthropic]
            return ok({"object": "list", "data": shown, "has_more": False, "first_id": None, "last_id": None})
        if path.startswith("/batches/"):
            name, _, tail = path.removeprefix("/batches/").partition("/")
            if name not in self.batches:
                return error(404, "no such batch")
            if tail == "results":
                return 200, {}, "\n".join(map(json.dumps, self._anthropic_results(name))).encode(), False
            return ok(self._show_batch(name))
        return error(404, f"no route {path}")

    def _make_batch(self, asked: dict[str, Any], anthropic: bool) -> str:
        name = f"batch_{len(self.batches)}"
        if anthropic:
            requests = [(r["custom_id"], r["params"]) for r in asked["requests"]]
        else:
            lines = self.files[asked["input_file_id"]].splitlines()
            requests = [(r["custom_id"], r["body"]) for r in map(json.loads, lines)]
        expire = self.expire_half > 0
        self.expire_half -= expire
        waiting = sum(len(b["requests"]) for b in self.batches.values() if not b["failed"] and time.time() - b["made"] < self.batch_seconds)
        full = "token_limit_exceeded" if waiting + len(requests) > self.enqueued else ""
        self.batches[name] = {
            "failed": "" if anthropic else self.batch_error or full,
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
                prompt = hash_of(asked)
                self.ledger.requests[prompt] += 1
                fault, always = self.fault_of(prompt)
                if fault and not always and self.ledger.requests[prompt] > 1:
                    fault = ""
                path = "/messages" if batch["anthropic"] else "/chat/completions"
                if form_of(asked) not in self.forms:
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
        if batch["failed"]:
            message = "Enqueued token limit reached. Please try again once some in_progress batches have been completed."
            said = message if batch["failed"] == "token_limit_exceeded" else "This batch is not to our liking."
            failure = {"object": "list", "data": [{"code": batch["failed"], "message": said, "line": None, "param": None}]}
            return shown | {"status": "failed", "errors": failure}
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


def _upload(headers: dict[str, str], body: bytes) -> str:
    """The file of a multipart form."""
    boundary = headers["content-type"].partition("boundary=")[2].encode()
    part = next(p for p in body.split(b"--" + boundary) if b"filename=" in p)
    return part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n").decode()
