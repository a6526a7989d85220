"""Scoring against its peers, in one process, on the same texts: python benchmarks/scoring.py [--out benchmarks/results/scoring.json]

Claims: ROUGE-L at least 15 times as fast as rouge-score; cosine and BERTScore out of one encoder pass at least 1.7 times as fast as
sentence-transformers and then bert-score, fp32, same weights. Values must agree, or the script fails.

The peers are used as well as they can be: bert-score keeps its model loaded (BERTScorer) and sorts and pools texts as it does by itself,
sentence-transformers encodes the references once and sorts by length, each with its own batch size. Systems are scored one after the
other, as they come out of a study. Peak memory is the process's, read after tidelab's part and again at the end.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import random
import re
import resource
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "src/tidelab/corpus/sample/conversations.jsonl"
PACKAGES = ("torch", "transformers", "sentence-transformers", "bert-score", "rouge-score", "rapidfuzz", "nltk")


def texts(conversations: int, systems: int) -> tuple[list[str], list[list[str]]]:
    """References of 45 to 130 words, sentences out of the sample corpus with words exchanged; replies keep 0 to 70% of a reference."""
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    sentences = [s for row in rows for side in ("person", "chatbot") for s in re.split(r"(?<=[.?!]) +", row[side]) if len(s.split()) > 3]
    vocabulary = sorted({word for s in sentences for word in s.split()})
    rng = random.Random("scoring benchmark")

    def vary(sentence: str) -> str:
        return " ".join(rng.choice(vocabulary) if rng.random() < 0.05 else word for word in sentence.split())

    def fill(chosen: list[str], words: int) -> str:
        while sum(len(s.split()) for s in chosen) < words:
            chosen.append(vary(rng.choice(sentences)))
        rng.shuffle(chosen)
        return " ".join(" ".join(chosen).split()[:130])

    references = [[vary(s) for s in rng.sample(sentences, 3)] for _ in range(conversations)]
    written = [fill(list(kept), rng.randint(45, 125)) for kept in references]
    replies = [
        [fill([vary(s) for s in kept if rng.random() < 0.1 * system], rng.randint(45, 125)) for kept in references]
        for system in range(systems)
    ]
    return written, replies


def timed(work: Callable[[], list[list[float]]]) -> tuple[tuple[float, float], list[list[float]]]:
    """Wall and processor seconds, and what came out."""
    wall, processor = time.perf_counter(), time.process_time()
    values = work()
    return (time.perf_counter() - wall, time.process_time() - processor), values


def ours(name: str, references: list[str], replies: list[list[str]], shared) -> list[list[float]]:  # noqa: ANN001
    """Per system and part the values, in batches of 256 as the stage makes them."""
    from tidelab.scoring.metric import metric
    from tidelab.scoring.shared import Batch

    found = metric(name)
    columns = []
    for system in replies:
        values: dict[str, list[float]] = {part: [] for part in found.parts}
        for at in range(0, len(references), 256):
            part_of = slice(at, at + 256)
            for part, scored in found.score(Batch([], references[part_of], system[part_of], shared)).items():
                values[part] += scored
        columns += values.values()
    return columns


def cosine_and_bertscore(references: list[str], replies: list[list[str]]) -> list[list[float]]:
    from tidelab.scoring.shared import Shared

    shared = Shared("all-MiniLM-L6-v2")
    columns = []
    for number, system in enumerate(replies):
        shared.begin(str(number))
        for name in ("cosine", "bertscore"):
            columns += ours(name, references, [system], shared)
    return columns


def peer_embeddings(references: list[str], replies: list[list[str]], encoder, scorer) -> list[list[float]]:  # noqa: ANN001
    columns = []
    known = encoder.encode(references, convert_to_tensor=True)
    for system in replies:
        columns.append((known * encoder.encode(system, convert_to_tensor=True)).sum(dim=1).tolist())
        columns += [part.tolist() for part in scorer.score(system, references)]
    return columns


def rouge(references: list[str], replies: list[list[str]]) -> list[list[float]]:
    from tidelab.scoring.shared import Shared
    from tidelab.scoring.stems import stem

    stem.cache_clear()
    return ours("rouge_l", references, replies, Shared("all-MiniLM-L6-v2"))


def peer_rouge(references: list[str], replies: list[list[str]]) -> list[list[float]]:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    return [[scorer.score(ref, hyp)["rougeL"].fmeasure for ref, hyp in zip(references, system, strict=True)] for system in replies]


Seconds = tuple[float, float]


def compared(ours: Seconds, values: list[list[float]], peers: Seconds, peer: list[list[float]], goal: float) -> dict[str, float]:
    """The claim is the ratio of wall seconds; processor seconds tell whether other programs took part of the machine meanwhile."""
    worst = max(abs(a - b) for mine, theirs in zip(values, peer, strict=True) for a, b in zip(mine, theirs, strict=True))
    assert worst <= 1e-5, f"values differ by {worst}"
    seconds = {"seconds": ours[0], "peer_seconds": peers[0], "processor_seconds": ours[1], "peer_processor_seconds": peers[1]}
    return seconds | {"ratio": peers[0] / ours[0], "goal": goal, "max_abs_difference": worst}


def peak() -> float:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=2000)
    options.add_argument("--systems", type=int, default=8)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()

    import torch
    from bert_score import BERTScorer
    from sentence_transformers import SentenceTransformer

    from tidelab.text import encoder

    path = str(encoder.directory("all-MiniLM-L6-v2"))
    references, replies = texts(chosen.conversations, chosen.systems)
    cosine_and_bertscore(references[:32], [replies[0][:32]])  # everything is loaded and warm before the clock runs
    rouge(references[:2], [replies[0][:2]])
    rouge_seconds, rouge_values = timed(lambda: rouge(references, replies))
    seconds, values = timed(lambda: cosine_and_bertscore(references, replies))
    peak_ours = peak()
    peers = (SentenceTransformer(path, device="cpu"), BERTScorer(model_type=path, num_layers=6, device="cpu"))
    peer_embeddings(references[:32], [replies[0][:32]], *peers)
    peer_rouge(references[:2], [replies[0][:2]])
    peer_seconds, peer = timed(lambda: peer_embeddings(references, replies, *peers))
    peer_rouge_seconds, peer_rouge_values = timed(lambda: peer_rouge(references, replies))
    words = [len(text.split()) for system in replies for text in system]
    result = {
        "conversations": chosen.conversations,
        "systems": chosen.systems,
        "reply_words": {"least": min(words), "mean": sum(words) / len(words), "most": max(words)},
        "rouge_l": compared(rouge_seconds, rouge_values, peer_rouge_seconds, peer_rouge_values, 15.0),
        "cosine_and_bertscore": compared(seconds, values, peer_seconds, peer, 1.7),
        "peak_mib": {"tidelab": peak_ours, "with_peers": peak()},
        "machine": {"system": platform.machine(), "cores": os.cpu_count(), "torch_threads": torch.get_num_threads()},
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    printed = json.dumps(result, indent=2)
    print(printed)
    if chosen.out:
        chosen.out.write_text(printed + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
