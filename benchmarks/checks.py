"""The corpus checks on rehearsed conversations: python benchmarks/checks.py [--near] [--out benchmarks/results/checks.json]

Claims: all checks but near-duplicates take under 60 s for 10,000 conversations; near-duplicates under 8 minutes on two cores, memory flat.
With --near a part is also compared plainly, every text encoded and every pair compared: looking at shared words first may lose no pair.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from typing import Any

from result import tell

from tidelab.corpus import checks, personas, rehearsal, scenarios
from tidelab.corpus.checks import near_duplicates
from tidelab.records import Conversation, Persona

PER_PERSONA = 20


def corpus(conversations: int) -> tuple[dict[str, Persona], list[Conversation]]:
    """Rehearsed conversations in order of their ids, and their personas."""
    people = personas.sample(-(-conversations // PER_PERSONA), 7)
    rows = [rehearsal.write(p, s, 7) for p in people for s in scenarios.choose(p, PER_PERSONA, 7)][:conversations]
    return {p.persona_id: p for p in people}, sorted(rows, key=lambda c: c.conversation_id)


def memory_gb() -> float:
    """The process's peak so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)


def patterns(people: dict[str, Persona], rows: list[Conversation]) -> dict[str, Any]:
    seconds: dict[str, float] = {}
    findings: dict[str, int] = {}
    for check in checks.checks():
        if check.name == "near_duplicates":
            continue
        start = time.perf_counter()
        findings[check.name] = len(check.find(rows, people))
        seconds[check.name] = round(time.perf_counter() - start, 2)
    return {"seconds": round(sum(seconds.values()), 1), "seconds_by_check": seconds, "findings": findings, "peak_memory_gb": memory_gb()}


def near(rows: list[Conversation], part: int) -> dict[str, Any]:
    import torch

    from tidelab.text import encoder

    encoder.load()  # its import and weights are a study's, once
    texts = [c.person for c in rows]
    start = time.perf_counter()
    chosen = near_duplicates.candidates(texts)
    first = time.perf_counter() - start
    start = time.perf_counter()
    found = near_duplicates.find(rows, {})
    seconds = time.perf_counter() - start
    peak = memory_gb()
    some = list(dict.fromkeys(texts))[:part]
    vectors = near_duplicates._vectors(some)
    likeness = vectors @ vectors.T
    plain = {some[i] for i in range(len(some)) if (likeness[i, :i] >= near_duplicates.COSINE).any()}
    ours = near_duplicates.nearest_earlier(some)
    assert plain == set(ours), "looking at shared words first lost a pair"
    return {
        "threads": torch.get_num_threads(),
        "seconds": round(seconds, 1),
        "of_them_shared_words": round(first, 1),
        "encoded": len(chosen),
        "findings": len(found),
        "peak_memory_gb": peak,
        "compared_plainly": {"texts": len(some), "near_duplicates": len(plain), "lost": len(plain - set(ours))},
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--conversations", type=int, default=10_000)
    options.add_argument("--near", action="store_true", help="also the near-duplicates; some minutes")
    options.add_argument("--part", type=int, default=1_000, help="texts that --near also compares plainly")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    people, rows = corpus(chosen.conversations)
    figures: dict[str, Any] = {"conversations": len(rows), "patterns": patterns(people, rows)}
    if chosen.near:
        figures["near_duplicates"] = near(rows, chosen.part)
    tell(figures, chosen.out)


if __name__ == "__main__":
    main()
