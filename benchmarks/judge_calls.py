"""Replies judged through tidelab beside a bare loop of the same SDK: same server, same requests, 64 in flight.

python benchmarks/judge_calls.py --out benchmarks/results/judge_calls.json

The server answers each request after --latency seconds, in a process of its own; the loop's time is what the wire takes. Ours stores
each answer on disk before it is used, checks it and its spans, and keeps rows. Goal: at most 5% more than the loop.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from result import tell
from sdk_loop import loop

from tidelab.cli.watch import Silent
from tidelab.engines.openai import OpenAI
from tidelab.experiment import Calls
from tidelab.run import RunDirectory
from tidelab.run.cells import Cell
from tidelab.run.executor import Local, run_cells
from tidelab.scoring.judge import cells as judge
from tidelab.scoring.judge import rubric

ROOT = Path(__file__).parents[1]
GOAL = 0.05


def rows(count: int, what: str) -> list[dict[str, Any]]:
    """Replies of some ninety words, no two the same."""
    text = "You held on through that night, and it makes sense that the noise of the street took you back there before you knew. " * 4
    return [
        {
            "conversation_id": f"{what}-{i}",
            "system_id": "s",
            "person": f"Person {i} says this.",
            "text": f"{text} {what} {i}",
            "unscored_reason": "",
        }
        for i in range(count)
    ]


def requests(url: str, what: str, count: int) -> list[dict[str, Any]]:
    """What the judge's cell would send for so many replies."""
    shape = OpenAI("openai-compatible", "fake-1", "none", url, timeout=60, concurrency=1)
    asked = [rubric.load().ask(row["person"], row["text"]) for row in rows(count, what)]
    return [shape.body(prompt, "schema", Calls().answer_tokens) for prompt in asked]


def judged(directory: Path, url: str, made: list[dict[str, Any]], flying: int) -> dict[str, Any]:
    """The cell that `tide score --judge` runs; its notes."""
    run = RunDirectory(directory, create=True)
    before = Cell("replies/given", {}, lambda work: work.note())
    calls = Calls(concurrency=flying, timeout=60)
    asked = judge.cells([f"openai-compatible:{url}#fake-1"], [], (before.name,), lambda work: made, calls, examined=False)
    run_cells(run, [before, *asked], Silent(), Local())
    notes: dict[str, Any] = json.loads((run.cell_dir(asked[0].name) / "done.json").read_text())["notes"]
    return notes


def main() -> None:
    """A warm-up that isn't timed, then the replies."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--replies", type=int, default=2_560)
    options.add_argument("--in-flight", type=int, default=64)
    options.add_argument("--latency", type=float, default=1.0)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    os.environ["TIDELAB_COMPATIBLE_API_KEY"] = "right-key"
    command = [sys.executable, "-m", "tests.scoring.fake_judge", "--latency", str(chosen.latency)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert server.stdin
    assert server.stdout
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
    try:
        with tempfile.TemporaryDirectory() as folder:
            judged(Path(folder) / "warm", url, rows(2 * chosen.in_flight, "warm"), chosen.in_flight)
            bodies = [requests(url, what, count) for what, count in (("warm", chosen.in_flight), ("reply", chosen.replies))]
            asyncio.run(loop(url, bodies[0], chosen.in_flight))
            start = time.perf_counter()
            asyncio.run(loop(url, bodies[1], chosen.in_flight))
            peer = time.perf_counter() - start
            start, processor = time.perf_counter(), time.process_time()
            notes = judged(Path(folder) / "run", url, rows(chosen.replies, "reply"), chosen.in_flight)
            seconds, processor = time.perf_counter() - start, time.process_time() - processor
    finally:
        server.stdin.close()
        server.wait(10)
    assert (notes["usage"]["answers"], notes["unscored"]) == (chosen.replies, 0)
    figures = {
        "replies": chosen.replies,
        "in_flight": chosen.in_flight,
        "latency_seconds": chosen.latency,
        "seconds": round(seconds, 2),
        "peer_seconds": round(peer, 2),
        "overhead": round(seconds / peer - 1, 4),
        "goal": GOAL,
        "processor_seconds": round(processor, 2),
        "ideal_seconds": round(chosen.replies * chosen.latency / chosen.in_flight, 2),
    }
    tell(figures, chosen.out)


if __name__ == "__main__":
    main()
