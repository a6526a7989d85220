"""The corpus checks on rehearsed conversations: python benchmarks/checks.py [--near] [--out benchmarks/results/checks.json]

Claims: all checks but near-duplicates take under 60 s for 10,000 conversations; near-duplicates under 8 minutes on two cores, memory flat.
With --near a part of the texts and edits of them (words left out, exchanged, cut off, added) are also compared plainly, every text encoded
and every pair compared: looking at shared words first may lose no pair. The least share of words that such a pair has in common is told.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import time
from pathlib import Path
from typing import Any

from result import tell

from tidelab.corpus import checks, personas, rehearsal, scenarios
from tidelab.corpus.checks import near_duplicates
from tidelab.records import Conversation, Persona

PER_PERSONA = 20
EXCHANGED = {
    "the": "that",
    "a": "one",
    "and": "plus",
    "I": "we",
    "because": "since",
    "was": "is",
    "not": "never",
    "it": "this",
    "so": "very",
}
EXCHANGED |= {
    "my": "our",
    "of": "from",
    "that": "which",
    "in": "inside",
    "to": "towards",
    "for": "about",
    "me": "us",
    "on": "upon",
    "but": "yet",
}


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
    import numpy as np
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
    some = list(dict.fromkeys(edited(texts[:part])))
    vectors = near_duplicates._vectors(some)
    likeness = vectors @ vectors.T
    pairs = [(i, j) for i, j in np.argwhere(likeness >= near_duplicates.COSINE).tolist() if j < i]
    plain = {some[i] for i, _ in pairs}
    ours = set(near_duplicates.nearest_earlier(some))
    assert plain == ours, "looking at shared words first lost a pair"
    words = [set(re.findall(r"\w+", text.lower())) for text in some]
    least = min(len(words[i] & words[j]) / len(words[i] | words[j]) for i, j in pairs)
    return {
        "threads": torch.get_num_threads(),
        "seconds": round(seconds, 1),
        "of_them_shared_words": round(first, 1),
        "encoded": len(chosen),
        "findings": len(found),
        "peak_memory_gb": peak,
        "compared_plainly": {"texts": len(some), "near_duplicates": len(plain), "least_shared_words": round(least, 3)},
    }


def edited(texts: list[str]) -> list[str]:
    """The texts and four edits of each at three strengths, the same every time."""
    rng, made = random.Random(7), list(texts)
    for text in texts:
        words = text.split()
        for share in (0.05, 0.15, 0.3):
            made.append(" ".join(EXCHANGED.get(w, w) if rng.random() < 2 * share else w for w in words))
            made.append(" ".join(w for w in words if rng.random() > share))
            made.append(" ".join(words[int(len(words) * share) :]))
            made.append(f"{text} {' '.join(rng.choice(texts).split()[: int(len(words) * share)])}")
    return made


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--conversations", type=int, default=10_000)
    options.add_argument("--near", action="store_true", help="also the near-duplicates; some minutes")
    options.add_argument("--part", type=int, default=50, help="texts that --near also edits and compares plainly")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    people, rows = corpus(chosen.conversations)
    figures: dict[str, Any] = {"conversations": len(rows), "patterns": patterns(people, rows)}
    if chosen.near:
        figures["near_duplicates"] = near(rows, chosen.part)
    tell(figures, chosen.out)


if __name__ == "__main__":
    main()
