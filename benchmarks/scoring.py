"""Scoring against its peers, in one process, on the same texts: python benchmarks/scoring.py [--out benchmarks/results/scoring.json]

Claims: all offline metrics that have a peer at least 3 times as fast in fp32 as rouge-score, nltk, sacrebleu, bert-score and
sentence-transformers, one system after another; ROUGE-L alone 15 times, METEOR 3 times, cosine and BERTScore 1.7 times; with --bf16 all 6
times. Values must agree, or it fails. Parts are timed apart; `all` is their sum without the second ROUGE-L.

Each peer is used as its page shows it: models stay loaded, batches are the peer's own; references are worked on again for each system, as
these packages do. Peak memory is the process's, read after tidelab's part and again at the end. `halves` is tidelab's time for all
systems over that for half of them: below 2, since references are worked on once.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from result import tell

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "src/tidelab/corpus/sample/conversations.jsonl"
ENCODER = "all-MiniLM-L6-v2"
PACKAGES = ("torch", "transformers", "sentence-transformers", "bert-score", "rouge-score", "sacrebleu", "rapidfuzz", "nltk")
PARTS = {
    "rouge_l": ("rouge_l",),
    "rouge": ("rouge_n", "rouge_l", "rouge_lsum"),
    "bleu": ("bleu",),
    "chrf": ("chrf",),
    "meteor": ("meteor",),
}
GOALS = {"rouge_l": 15.0, "cosine_and_bertscore": 1.7, "meteor": 3.0, "all": 3.0, "all_bf16": 6.0}
Columns = list[list[float]]


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


def ours(names: tuple[str, ...], references: list[str], replies: list[list[str]], dtype: str = "fp32") -> Columns:
    """Per system and part the values, in batches of 256 and in the order in which a run's cells come."""
    from tidelab.scoring.metric import metric
    from tidelab.scoring.shared import Batch, Shared

    shared, columns = Shared(ENCODER, dtype=dtype), []  # type: ignore[arg-type]
    for number, system in enumerate(replies):
        shared.begin(str(number))
        for found in map(metric, names):
            values: dict[str, list[float]] = {part: [] for part in found.parts}
            for at in range(0, len(references), 256):
                some = slice(at, at + 256)
                for part, scored in found.values(Batch([], references[some], system[some], shared)).items():
                    values[part] += scored
            columns += values.values()
    return columns


def peers(wordnet: Any) -> dict[str, Callable[[list[str], list[str]], Columns]]:
    """Per part what its peer makes of one system's replies."""
    from bert_score import BERTScorer
    from nltk.translate.meteor_score import meteor_score
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU, CHRF
    from sentence_transformers import SentenceTransformer

    from tidelab.text import encoder

    kinds = ("rouge1", "rouge2", "rougeL", "rougeLsum")
    path = str(encoder.directory(ENCODER))
    scorer, bleu, chrf = RougeScorer(kinds, use_stemmer=True), BLEU(effective_order=True), CHRF()
    embed, match = SentenceTransformer(path, device="cpu"), BERTScorer(model_type=path, num_layers=6, device="cpu")

    longest = RougeScorer(("rougeL",), use_stemmer=True)

    def rouge(references: list[str], system: list[str]) -> Columns:
        rows = [scorer.score(ref, hyp) for ref, hyp in zip(references, system, strict=True)]
        return [[row[kind].fmeasure for row in rows] for kind in kinds]

    def meteor(references: list[str], system: list[str]) -> Columns:
        def tokens(text: str) -> list[str]:
            return re.findall(r"\w+|[^\w\s]+", text)

        return [[meteor_score([tokens(ref)], tokens(hyp), wordnet=wordnet) for ref, hyp in zip(references, system, strict=True)]]

    def embeddings(references: list[str], system: list[str]) -> Columns:
        known, said = embed.encode(references, convert_to_tensor=True), embed.encode(system, convert_to_tensor=True)
        return [(known * said).sum(dim=1).tolist(), *(part.tolist() for part in match.score(system, references))]

    return {
        "rouge_l": lambda refs, system: [[longest.score(ref, hyp)["rougeL"].fmeasure for ref, hyp in zip(refs, system, strict=True)]],
        "rouge": rouge,
        "bleu": lambda refs, system: [[bleu.sentence_score(hyp, [ref]).score for ref, hyp in zip(refs, system, strict=True)]],
        "chrf": lambda refs, system: [[chrf.sentence_score(hyp, [ref]).score for ref, hyp in zip(refs, system, strict=True)]],
        "meteor": meteor,
        "cosine_and_bertscore": embeddings,
    }


def timed(work: Callable[[], Columns]) -> tuple[dict[str, float], Columns]:
    """Wall and processor seconds, and what came out; processor seconds tell whether other programs took part of the machine."""
    wall, processor = time.perf_counter(), time.process_time()
    values = work()
    return {"seconds": time.perf_counter() - wall, "processor_seconds": time.process_time() - processor}, values


def apart(mine: Columns, theirs: Columns) -> dict[str, float]:
    """The greatest difference of a row, and of a column's mean."""
    rows = [abs(a - b) for one, other in zip(mine, theirs, strict=True) for a, b in zip(one, other, strict=True)]
    means = [abs(sum(one) - sum(other)) / len(one) for one, other in zip(mine, theirs, strict=True)]
    return {"max_abs_difference": max(rows), "max_difference_of_means": max(means)}


def ratios(part: dict[str, float]) -> dict[str, float]:
    """How many times as fast, by the clock and by the processor; the second stands where other programs run beside."""
    return {
        "ratio": part["peer_seconds"] / part["seconds"],
        "processor_ratio": part["peer_processor_seconds"] / part["processor_seconds"],
    }


def cold() -> None:
    """Forgets stems and synonyms, which the process would otherwise still know."""
    from tidelab.scoring.stems import stem
    from tidelab.scoring.synonyms import synonyms

    stem.cache_clear()
    synonyms.cache_clear()


def peak() -> float:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--conversations", type=int, default=2000)
    options.add_argument("--systems", type=int, default=16)
    options.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"), help="for nltk; Debian's wordnet-base")
    options.add_argument("--bf16", action="store_true", help="also with the encoder in bf16")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()

    import sys

    import torch

    sys.path.insert(0, str(ROOT / "tools"))
    from make_meteor_goldens import reader

    references, replies = texts(chosen.conversations, chosen.systems)
    parts = PARTS | {"cosine_and_bertscore": ("cosine", "bertscore")}
    result: dict[str, Any] = {}
    found: dict[str, Columns] = {}
    for name, metrics in parts.items():
        ours(metrics, references[:16], [replies[0][:16]])  # loaded before the clock runs
        cold()
        result[name], found[name] = timed(lambda metrics=metrics: ours(metrics, references, replies))
        cold()
        half, _ = timed(lambda metrics=metrics: ours(metrics, references, replies[: chosen.systems // 2]))
        result[name]["halves"] = result[name]["seconds"] / half["seconds"]
    fast: dict[str, float] = {}
    if chosen.bf16:
        ours(("cosine",), references[:16], [replies[0][:16]], "bf16")
        fast, values = timed(lambda: ours(parts["cosine_and_bertscore"], references, replies, "bf16"))
        fast |= apart(values, found["cosine_and_bertscore"])
    peak_ours = peak()
    with tempfile.TemporaryDirectory() as copy:
        for name, peer in peers(reader(chosen.wordnet, Path(copy))).items():
            peer(references[:16], replies[0][:16])
            theirs, values = timed(lambda peer=peer: [column for system in replies for column in peer(references, system)])
            difference = apart(found[name], values)
            assert difference["max_abs_difference"] <= 1e-5, f"{name} differs by {difference}"
            result[name] |= {f"peer_{key}": value for key, value in theirs.items()} | {
                "max_abs_difference": difference["max_abs_difference"]
            }
            result[name] |= ratios(result[name])
    kinds = ("seconds", "peer_seconds", "processor_seconds", "peer_processor_seconds")
    sums = {key: sum(part[key] for name, part in result.items() if name != "rouge_l") for key in kinds}
    result["all"] = sums | ratios(sums)
    if chosen.bf16:
        slow = result["cosine_and_bertscore"]
        swapped = sums | {key: sums[key] - slow[key] + fast[key] for key in ("seconds", "processor_seconds")}
        result["all_bf16"] = fast | swapped | ratios(swapped)
    words = [len(text.split()) for system in replies for text in system]
    facts = {
        "conversations": chosen.conversations,
        "systems": chosen.systems,
        "reply_words": {"least": min(words), "mean": sum(words) / len(words), "most": max(words)},
        "goals": GOALS,
        **result,
        "peak_mib": {"tidelab": peak_ours, "with_peers": peak()},
        "torch_threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in PACKAGES},
    }
    tell(facts, chosen.out)


if __name__ == "__main__":
    main()
