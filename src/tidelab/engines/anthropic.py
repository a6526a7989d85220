"""Anthropic's Messages and Message Batches API through its official SDK."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from tidelab.engines.base import Answer, Prompt
from tidelab.engines.faults import CallError, of_status, sdk_errors
from tidelab.engines.provider import Body, count, http_client, read_json
from tidelab.records import StopReason

_TOOL = "write_answer"
_STOPS: dict[str, StopReason] = {"end_turn": "stop", "stop_sequence": "stop", "tool_use": "stop", "max_tokens": "length"}


class Anthropic:
    """One model; see `provider.Provider`."""

    kind = "anthropic"
    forms: tuple[str, ...] = ("schema", "tool", "plain")
    has_batches = True

    def __init__(self, model: str, key: str, *, timeout: float, concurrency: int) -> None:
        import anthropic

        self.model = model
        self.identity = f"anthropic {anthropic.__version__}, {model}"
        http = http_client(anthropic, timeout, concurrency)
        self._client: Any = anthropic.AsyncAnthropic(api_key=key, timeout=timeout, max_retries=0, http_client=http, open_telemetry=False)
        self._error = anthropic.APIError

    def body(self, prompt: Prompt, form: str, max_tokens: int) -> Body:
        """System turns become `system`; structure is asked for by `output_config`, by a forced tool, or in words only."""
        system = "\n\n".join(m["content"] for m in prompt.messages if m["role"] == "system")
        turns = [dict(m) for m in prompt.messages if m["role"] != "system"]
        body: Body = {"model": self.model, "max_tokens": max_tokens, "messages": turns} | ({"system": system} if system else {})
        if prompt.schema is not None and form == "schema":
            body["output_config"] = {"format": {"type": "json_schema", "schema": prompt.schema}}
        elif prompt.schema is not None and form == "tool":
            body["tools"] = [{"name": _TOOL, "description": "Hand in the answer.", "input_schema": prompt.schema}]
            body["tool_choice"] = {"type": "tool", "name": _TOOL}
        return body

    async def send(self, body: Body) -> Answer:
        """One answer."""
        start = time.monotonic()
        with sdk_errors(self._error):
            # the SDK's plain request: its typed method walks the whole body through its types, a fifth of the processor time of a call
            text = await self._client.post("/v1/messages", body=body, cast_to=str)
        return self._answer(read_json(text), time.monotonic() - start)

    async def check(self) -> None:
        """Asks the API about the model."""
        with sdk_errors(self._error):
            await self._client.models.retrieve(self.model)

    async def submit(self, tag: str, requests: Sequence[tuple[str, Body]]) -> str:
        """The batch has no room for a tag; a lost one is found again by its time and size."""
        with sdk_errors(self._error):
            batch = await self._client.messages.batches.create(requests=[{"custom_id": key, "params": body} for key, body in requests])
        return str(batch.id)

    async def lost(self, tag: str, begun: float, size: int, known: set[str]) -> list[str]:
        """Batches made since (a minute of clock difference allowed) with as many requests."""
        found = []
        with sdk_errors(self._error):
            async for batch in self._client.messages.batches.list(limit=100):
                if batch.created_at.timestamp() < begun - 60:
                    break
                c = batch.request_counts
                if batch.id not in known and c.processing + c.succeeded + c.errored + c.canceled + c.expired == size:
                    found.append(str(batch.id))
        return found

    async def ended(self, handle: str) -> bool:
        """Processing status `ended`."""
        with sdk_errors(self._error):
            batch = await self._client.messages.batches.retrieve(handle)
        return bool(batch.processing_status == "ended")

    async def results(self, handle: str) -> AsyncIterator[tuple[str, Answer | CallError]]:
        """Succeeded, errored, canceled and expired ones."""
        with sdk_errors(self._error):
            async for entry in await self._client.messages.batches.results(handle):
                yield str(entry.custom_id), self._result(entry.result)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    def _result(self, result: Any) -> Answer | CallError:
        if result.type == "succeeded":
            return self._answer(result.message.model_dump(mode="json"), None)
        if result.type == "errored":
            error = result.error.error
            status = {"overloaded_error": 529, "rate_limit_error": 429, "api_error": 500}.get(error.type, 400)
            return of_status(status, f"{error.type}: {error.message}")
        return CallError("passing", f"the provider's batch ended with the request {result.type}")

    def _answer(self, message: Mapping[str, Any], seconds: float | None) -> Answer:
        usage, stop = message.get("usage") or {}, str(message.get("stop_reason"))
        blocks = message.get("content")
        if message.get("type") != "message" or not isinstance(blocks, list):
            raise CallError("passing", "the provider's reply is no message")
        tool = next((b for b in blocks if b.get("type") == "tool_use"), None)
        text = json.dumps(tool.get("input"), ensure_ascii=False) if tool else "".join(str(b.get("text", "")) for b in blocks)
        cached = [count(usage.get(name)) or 0 for name in ("cache_creation_input_tokens", "cache_read_input_tokens")]
        asked = count(usage.get("input_tokens"))
        told: dict[str, Any] = {
            "prompt_tokens": None if asked is None else asked + sum(cached),
            "reply_tokens": count(usage.get("output_tokens")),
        }
        model = str(message.get("model") or self.model)
        if stop == "refusal":
            return Answer(text, "error", seconds=seconds, reason="the provider's model refused", model=model, **told)
        return Answer(text, _STOPS.get(stop, "stop"), seconds=seconds, model=model, **told)
