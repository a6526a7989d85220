"""A judge behind a real HTTP server: it rates by a function of the reply, and fails in the ways that judges do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.engines.fake_provider import FakeProvider
from tidelab.scoring.judge import rubric as rubrics

Rate = Callable[[str, str], int]


class FakeJudge(FakeProvider):
    """`rate(person, reply)` gives the level on every scale; `asked` holds every message that was answered, in order."""

    def __init__(self, rate: Rate = lambda person, reply: 3, **how: Any) -> None:
        super().__init__(**how)
        self.rate, self.asked = rate, []

    def _message(self, asked: dict[str, Any], path: str, fault: str, prompt: str, *, batch: bool) -> dict[str, Any]:
        self._content = asked["messages"][-1]["content"]
        self.asked.append(self._content)
        return super()._message(asked, path, fault, prompt, batch=batch)

    def _text(self, fault: str, prompt: str) -> str:
        shown = json.loads(self._content)
        verdict = answer(self.rate(shown["person"], shown["reply"]), shown["reply"])
        good = json.dumps(verdict)
        return {
            "garbage": "%%% not an answer",
            "empty": "",
            "half": good[: len(good) // 2],
            "long": f"Here is my rating: {good} I hope that it helps.",
            "language": good.replace('"level": ', '"level": 1'),
            "persona": json.dumps({"score": 5}),
            "prompt": json.dumps({**verdict, "overall": {"level": 5, "spans": ["words that nobody said here"]}}),
            "declined": "",
            "cut_at_limit": good[:-20],
        }.get(fault, good)


def answer(level: int, reply: str) -> dict[str, Any]:
    """A verdict with that level on every scale, supported by the reply's first words."""
    return {key: {"level": level, "spans": [" ".join(reply.split()[:4])] if level > 1 else []} for key in rubrics.load().keys}


def main() -> None:
    """Serves until standard input ends: `python -m tests.scoring.fake_judge --latency 1`."""
    import argparse
    import sys

    options = argparse.ArgumentParser()
    options.add_argument("--latency", type=float, default=0.0)
    with FakeJudge(lambda person, reply: 1 + len(reply) % 5, latency=options.parse_args().latency) as server:
        print(server.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
