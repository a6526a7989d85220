"""Conversations written through tidelab beside a bare loop of the same SDK: same server (200 ms), same requests, same number in flight.

python benchmarks/teacher_calls.py --out benchmarks/results/teacher_calls.json

Ours stores each answer on disk before it is used, checks it, keeps rows and counts cost; the loop only asks and forgets. The server is a
process of its own. Goals: at most 1.15 times the loop's wall time, and memory that doesn't grow with the number of answers.
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

import psutil
from result import tell
from sdk_loop import loop

from tidelab.cli.watch import Silent
from tidelab.corpus.teachers import prompts
from tidelab.corpus.teachers.cell import cell, pairs
from tidelab.engines.openai import OpenAI
from tidelab.experiment import Calls
from tidelab.run import RunDirectory
from tidelab.run.executor import Local, run_cells

ROOT = Path(__file__).parents[1]
PER_PERSONA = 20
GOAL = 1.15


class Memory(Silent):
    """Resident MiB when a share of the rows is there, and at the last."""

    def __init__(self) -> None:
        self.at: dict[int, float] = {}
        self._process = psutil.Process()

    def advance(self, done: int, total: int, note: str = "") -> None:
        """Looks ten times."""
        if done % max(1, total // 10) == 0:
            self.at[done] = round(self._process.memory_info().rss / 2**20, 1)


def main() -> None:
    """The loop, then ours, in one process; the first requests of each are a warm-up that isn't timed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=10_000)
    options.add_argument("--in-flight", type=int, default=64)
    options.add_argument("--latency", type=float, default=0.2)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    os.environ["TIDELAB_COMPATIBLE_API_KEY"] = "right-key"
    command = [sys.executable, "-m", "tests.engines.fake_provider", "--latency", str(chosen.latency)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert server.stdin
    assert server.stdout
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
    personas = max(2, -(-chosen.conversations // PER_PERSONA))
    memory = Memory()
    try:
        asked = [prompts.ask(*pair) for pair in pairs(personas, PER_PERSONA, 7, chosen.conversations)]
        shape = OpenAI("openai-compatible", "fake-1", "none", url, timeout=60, concurrency=1)
        bodies = [shape.body(prompt, "schema", Calls().answer_tokens) for prompt in asked]
        with tempfile.TemporaryDirectory() as folder:
            ours(Path(folder) / "warm", url, 4, 64, chosen.in_flight, Silent())
            asyncio.run(loop(url, bodies[:64], chosen.in_flight))
            start = time.perf_counter()
            characters = asyncio.run(loop(url, bodies, chosen.in_flight))
            peer = time.perf_counter() - start
            del bodies, asked
            start = time.perf_counter()
            processor = time.process_time()
            notes = ours(Path(folder) / "run", url, personas, chosen.conversations, chosen.in_flight, memory)
            seconds, processor = time.perf_counter() - start, time.process_time() - processor
    finally:
        server.stdin.close()
        server.wait(10)
    assert (notes["conversations"], notes["usage"]["answers"]) == (chosen.conversations, chosen.conversations)
    assert characters > 0
    early, late = [memory.at[done] for done in (sorted(memory.at)[0], sorted(memory.at)[-1])]
    figures = {
        "conversations": chosen.conversations,
        "in_flight": chosen.in_flight,
        "latency_seconds": chosen.latency,
        "seconds": round(seconds, 2),
        "peer_seconds": round(peer, 2),
        "ratio": round(seconds / peer, 3),
        "goal": GOAL,
        "processor_seconds": round(processor, 2),
        "ideal_seconds": round(chosen.conversations * chosen.latency / chosen.in_flight, 2),
        "resident_mib": {"after_a_tenth": early, "at_the_last_answer": late, "growth": round(late - early, 1)},
        "engine": notes["engine"],
    }
    tell(figures, chosen.out)


def ours(directory: Path, url: str, personas: int, limit: int, flying: int, watcher: Any) -> dict[str, Any]:
    """The cell that `tide corpus write` runs; its notes."""
    run = RunDirectory(directory, create=True)
    calls = Calls(concurrency=flying, timeout=60)
    made = cell(f"openai-compatible:{url}#fake-1", personas, PER_PERSONA, 7, calls, limit)
    run_cells(run, [made], watcher, Local())
    notes: dict[str, Any] = json.loads((run.cell_dir(made.name) / "done.json").read_text())["notes"]
    return notes


if __name__ == "__main__":
    main()
