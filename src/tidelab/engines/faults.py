"""CallError: a call that brought no answer, by what can be done about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Literal

Kind = Literal["overload", "passing", "denied", "form", "request"]

_FORM = re.compile(
    r"response_format|json_schema|json_object|output_config|output_format|structured output|tool_choice|\btools?\b", re.IGNORECASE
)
_FULL = re.compile(r"token_limit_exceeded|enqueued token|rate.?limit|too many", re.IGNORECASE)
_SPENT = re.compile(r"insufficient_quota|credit balance|billing", re.IGNORECASE)


class CallError(Exception):
    """Why there is no answer.

    kind -- overload: slow down and ask again; passing: ask again; denied: key, right, model or account (asking again is no use);
    form: this way of asking for structure is not supported; request: this very request is refused
    retry_after -- seconds that the provider asks us to wait, None where it says nothing
    """

    def __init__(self, kind: Kind, message: str, retry_after: float | None = None) -> None:
        self.kind, self.message, self.retry_after = kind, message, retry_after
        super().__init__(message)


class BatchError(CallError):
    """Why a whole batch ended with none of its requests looked at; overload: the provider holds as many as it takes already."""


def of_batch(errors: Iterable[tuple[str | None, str | None]]) -> BatchError:
    """The fault that a failed batch's errors, (code, message) each, stand for."""
    told = "; ".join(": ".join(filter(None, error)) for error in errors)[:300] or "the batch failed, and nothing says why"
    return BatchError("overload" if _FULL.search(told) else "denied", told)


def of_status(status: int, message: str, retry_after: str | None = None) -> CallError:
    """The fault that an HTTP status stands for; its message begins with the status."""
    told = f"HTTP {status}: {' '.join(message.split())[:300]}"
    if status == 402 or (status in (400, 429) and _SPENT.search(message)) or status in (401, 403, 404):
        return CallError("denied", told)
    if status in (429, 503, 529):
        return CallError("overload", told, _seconds(retry_after))
    if status >= 500 or status in (408, 409):
        return CallError("passing", told, _seconds(retry_after))
    return CallError("form" if _FORM.search(message) else "request", told)


def of_sdk(error: Exception) -> CallError:
    """The fault behind an exception of the anthropic or openai SDK, whose names and attributes are the same. A bug's goes through."""
    status = getattr(error, "status_code", None)
    name = type(error).__name__
    if status is not None and name != "APIResponseValidationError" and status >= 400:
        response: Any = getattr(error, "response", None)
        after = response.headers.get("retry-after") if response is not None else None
        return of_status(status, _said(getattr(error, "body", None)) or str(error), after)
    if name == "APITimeoutError":
        return CallError("passing", "no answer within the time-out")
    if name == "APIConnectionError":
        return CallError("passing", f"the connection failed or was cut: {type(error.__cause__).__name__}")
    raise error


@contextmanager
def sdk_errors(kind: type[Exception]) -> Iterator[None]:
    """Raises an SDK's errors of this kind as `of_sdk` reads them."""
    try:
        yield
    except kind as error:
        raise of_sdk(error) from None


def _said(body: Any) -> str:
    """The message in an error's body: Anthropic's SDK gives the whole of it, OpenAI's what stands under `error`."""
    inner = body.get("error", body) if isinstance(body, dict) else body
    words = [str(inner[name]) for name in ("type", "code", "message") if inner.get(name)] if isinstance(inner, dict) else []
    return ": ".join(words) or str(inner or "")


def _seconds(retry_after: str | None) -> float | None:
    """A retry-after header: seconds, or a date; None where it is missing or unreadable."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time())
    except (TypeError, ValueError):
        return None
