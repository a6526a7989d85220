"""What the fake provider says, right and faulty, in the form of each API, and what it would bill."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Response = tuple[int, dict[str, str], bytes, bool]
"""Status, headers, body, and whether it is cut."""

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


def answer_text(fault: str, prompt: str) -> str:
    """The answer to a prompt's hash, spoilt by the fault."""
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


def hash_of(asked: dict[str, Any]) -> str:
    """Of the last turn: the same whatever form is asked for."""
    return hashlib.sha256(json.dumps(asked["messages"][-1]).encode()).hexdigest()


def form_of(asked: dict[str, Any]) -> str:
    if "output_config" in asked or asked.get("response_format", {}).get("type") == "json_schema":
        return "schema"
    return "tool" if "tools" in asked else "json" if "response_format" in asked else "plain"


def message(asked: dict[str, Any], path: str, text: str, stop: str, tokens: tuple[int, int]) -> dict[str, Any]:
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


def ok(value: dict[str, Any]) -> Response:
    return 200, {}, json.dumps(value).encode(), False


def error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return status, headers or {}, json.dumps({"type": "error", "error": {"type": "fault", "message": message}}).encode(), False
