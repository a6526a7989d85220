"""The rehearsal teacher at full size: python benchmarks/rehearsal.py [--conversations 10000] [--out benchmarks/results/rehearsal.json]

Claims: 10,000 distinct conversations in under 60 s, fewer than 2% of them with another within cosine 0.97. Every conversation is encoded
whole (person and reply, cut at the encoder's 256 tokens) and compared with every other; that takes longest and is no part of writing.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from result import tell

from tidelab.corpus import personas, rehearsal, scenarios
from tidelab.text import encoder

PER_PERSONA, SEED, COSINE, AT_ONCE = 20, 7, 0.97, 1000


def main() -> None:
    """Write, encode, compare."""
    options = argparse.ArgumentParser()
    options.add_argument("--conversations", type=int, default=10_000)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    start = time.perf_counter()
    people = personas.sample(-(-chosen.conversations // PER_PERSONA), SEED)
    rows = [rehearsal.write(p, s, SEED) for p in people for s in scenarios.choose(p, PER_PERSONA, SEED)][: chosen.conversations]
    seconds = time.perf_counter() - start
    texts = [f"{c.person}\n{c.chatbot}" for c in rows]
    embed = encoder.load(encoder.DEFAULT)
    vectors = torch.cat([embed.encode(texts[i : i + AT_ONCE]).vectors for i in range(0, len(texts), AT_ONCE)])
    vectors = vectors / vectors.norm(dim=1, keepdim=True)
    nearest = []
    for i in range(0, len(texts), AT_ONCE):
        likeness = vectors[i : i + AT_ONCE] @ vectors.T
        likeness[range(len(likeness)), range(i, i + len(likeness))] = -1
        nearest += likeness.max(dim=1).values.tolist()
    near = sum(value >= COSINE for value in nearest)
    result = {
        "conversations": len(texts),
        "distinct": len(set(texts)),
        "seconds_to_write": round(seconds, 1),
        "share_with_another_within_0.97": near / len(texts),
        "nearest_other": {
            "median": round(sorted(nearest)[len(nearest) // 2], 3),
            "99th percentile": round(sorted(nearest)[int(0.99 * len(nearest))], 3),
        },
    }
    tell(result, chosen.out)


if __name__ == "__main__":
    main()
