"""OpenAI's Chat Completions, Files and Batch API, and every server that speaks them, through the official SDK."""

from __future__ import annotations

import io
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from tidelab.engines.base import Answer, Prompt
from tidelab.engines.faults import CallError, of_batch, of_sdk, of_status, sdk_errors
from tidelab.engines.provider import Body, count, http_client, read_json

_PATH = "/v1/chat/completions"
_ENDED = {"completed", "expired", "cancelled", "failed"}

GREEDY = {"temperature": 0, "repeat_penalty": 1.0, "repetition_penalty": 1.0}
"""The likeliest token each time; llama-cpp-python's server would hold back words that were said before, with `repeat_penalty` 1.1."""


class OpenAI:
    """One model; see `provider.Provider`. `kind` is `openai` or `openai-compatible`."""

    forms: tuple[str, ...] = ("schema", "json", "plain")

    def __init__(self, kind: str, model: str, key: str, url: str | None, *, timeout: float, concurrency: int, greedy: bool = False) -> None:
        import openai

        self.kind, self.model, self.greedy = kind, model, greedy
        self.has_batches = kind == "openai"
        self.identity = f"openai {openai.__version__}, {model}"
        http = http_client(openai, timeout, concurrency)
        self._client: Any = openai.AsyncOpenAI(api_key=key, base_url=url, timeout=timeout, max_retries=0, http_client=http)
        self._error = openai.APIError

    def body(self, prompt: Prompt, form: str, max_tokens: int) -> Body:
        """Structure is asked for by a strict schema, by JSON mode, or in words only."""
        # `max_tokens` is refused by OpenAI's reasoning models, `max_completion_tokens` unknown to older compatible servers
        limit = "max_completion_tokens" if self.kind == "openai" else "max_tokens"
        body: Body = {"model": self.model, "messages": [dict(m) for m in prompt.messages], limit: max_tokens}
        if self.greedy:
            body |= GREEDY
        if prompt.schema is not None and form == "schema":
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": prompt.schema}}
        elif prompt.schema is not None and form == "json":
            body["response_format"] = {"type": "json_object"}
        return body

    async def send(self, body: Body) -> Answer:
        """One answer."""
        start = time.monotonic()
        with sdk_errors(self._error):
            # the SDK's plain request: its typed method walks the whole body through its types, a fifth of the processor time of a call
            text = await self._client.post("/chat/completions", body=body, cast_to=str)
        return self._answer(read_json(text), time.monotonic() - start)

    async def check(self) -> None:
        """Asks about the model. Compatible servers needn't serve a model by name: there the list decides, where they have one."""
        try:
            if self.kind == "openai":
                await self._client.models.retrieve(self.model)
                return
            listed = [m.id async for m in self._client.models.list()]
        except self._error as error:
            fault = of_sdk(error)
            if self.kind == "openai" or not fault.message.startswith(("HTTP 404", "HTTP 405", "HTTP 501")):
                raise fault from None
            return
        if listed and self.model not in listed:
            raise CallError("denied", f"the server has no model `{self.model}`; it has {', '.join(map(str, listed[:8]))}")

    async def submit(self, tag: str, requests: Sequence[tuple[str, Body]]) -> str:
        """Uploads the requests as a file, then makes the batch; the tag goes into its metadata."""
        lines = (json.dumps({"custom_id": k, "method": "POST", "url": _PATH, "body": b}, ensure_ascii=False) for k, b in requests)
        with sdk_errors(self._error):
            content = io.BytesIO("\n".join(lines).encode())
            file = await self._client.files.create(file=(f"{tag}.jsonl", content), purpose="batch")
            batch = await self._client.batches.create(
                input_file_id=file.id, endpoint=_PATH, completion_window="24h", metadata={"tidelab": tag}
            )
        return str(batch.id)

    async def lost(self, tag: str, begun: float, size: int, known: set[str]) -> list[str]:
        """The batch whose metadata hold the tag."""
        found = []
        with sdk_errors(self._error):
            async for batch in self._client.batches.list(limit=100):
                if batch.created_at < begun - 60:
                    break
                if (batch.metadata or {}).get("tidelab") == tag:
                    found.append(str(batch.id))
        return found

    async def ended(self, handle: str) -> bool:
        """Completed, expired, cancelled or failed."""
        with sdk_errors(self._error):
            batch = await self._client.batches.retrieve(handle)
        return batch.status in _ENDED

    async def results(self, handle: str) -> AsyncIterator[tuple[str, Answer | CallError]]:
        """Lines of the output file and of the error file; what stands in neither was not answered."""
        with sdk_errors(self._error):
            batch = await self._client.batches.retrieve(handle)
            if batch.status == "failed" and not batch.output_file_id:
                errors = (batch.errors.data if batch.errors else None) or []
                raise of_batch((error.code, error.message) for error in errors)
            for file in filter(None, (batch.output_file_id, batch.error_file_id)):
                content = await self._client.files.content(file)
                for line in content.text.splitlines():
                    entry = read_json(line)
                    yield str(entry.get("custom_id")), self._result(entry)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    def _result(self, entry: Mapping[str, Any]) -> Answer | CallError:
        response, error = entry.get("response") or {}, entry.get("error") or {}
        if response.get("status_code") == 200:
            try:
                return self._answer(response.get("body") or {}, None)
            except CallError as fault:
                return fault
        if response:
            return of_status(int(response.get("status_code") or 500), str(response.get("body")))
        if error.get("code") == "batch_expired":
            return CallError("passing", "the provider's batch ended with the request expired")
        return of_status(400, str(error))

    def _answer(self, completion: Mapping[str, Any], seconds: float | None) -> Answer:
        choices, usage = completion.get("choices"), completion.get("usage") or {}
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise CallError("passing", "the provider's reply holds no choice")
        message, finish = choices[0].get("message") or {}, choices[0].get("finish_reason")
        told: dict[str, Any] = {"prompt_tokens": count(usage.get("prompt_tokens")), "reply_tokens": count(usage.get("completion_tokens"))}
        model, text = str(completion.get("model") or self.model), str(message.get("content") or "")
        if message.get("refusal") or finish == "content_filter":
            reason = "the provider's model refused"
            return Answer(str(message.get("refusal") or text), "error", seconds=seconds, reason=reason, model=model, **told)
        return Answer(text, "length" if finish == "length" else "stop", seconds=seconds, model=model, **told)
