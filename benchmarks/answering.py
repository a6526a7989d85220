"""Answering on a CPU: one by one, in batches, and by OpenVINO: python benchmarks/answering.py [--out benchmarks/results/answering.json]

A Llama student of about 4 million parameters is taught here on rehearsed conversations, so that its replies are of usual length and its
choices clear. The same prompts are then answered greedily: by transformers one at a time (a part of them, times their number), by our
reference engine in batches sorted by length, and by OpenVINO GenAI from the student's F16 file. Engines are timed in turn, the best of
the rounds counts; loading is left out. Goals: batches 6 times as fast as one by one, OpenVINO 15 times; the same text in 99% of replies,
where `rounded` is the reference with its weights rounded to F16 as the file's are, which is what differences come from.

Needs the extras openvino and gguf, and TIDELAB_LLAMA_CPP (docs/engines.md); without them that part is left out, and says so.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from result import tell

GOALS = {"batched": 6.0, "openvino": 15.0, "same_text": 0.99}
BATCH, ALONE, TOKENS = 64, 32, 160
SIZES = {"hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--prompts", type=int, default=256)
    options.add_argument("--rows", type=int, default=1600, help="conversations to teach the student with")
    options.add_argument("--epochs", type=float, default=3)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()

    from tidelab.corpus import personas, rehearsal, scenarios
    from tidelab.engines.base import Prompt
    from tidelab.engines.transformers import TransformersEngine
    from tidelab.students.labels import Example
    from tidelab.students.messages import ask

    people = personas.sample((chosen.rows + chosen.prompts) // 4 + 8, 7)
    written = [rehearsal.write(p, s, 7) for p in people for s in scenarios.choose(p, 4, 7)]
    rows = [Example(c.person, c.chatbot) for c in written[: chosen.rows]]
    prompts = sorted((Prompt(ask(c.person)) for c in written[-chosen.prompts :]), key=lambda p: len(p.messages[-1]["content"]))
    with tempfile.TemporaryDirectory() as folder:
        model = student(rows, Path(folder), chosen.epochs)
        reference = TransformersEngine(model, max_new_tokens=TOKENS)
        some = prompts[:: len(prompts) // ALONE][:ALONE]
        ways: dict[str, Callable[[], list[Any]]] = {
            "one_by_one": lambda: [reference.answer([p])[0] for p in some],
            "batched": lambda: in_batches(reference, prompts, BATCH),
        }
        missing, quick = openvino(model, Path(folder))
        if quick is not None:
            ways["openvino"] = lambda: quick.answer(prompts)
        seconds, replies = timed(ways, chosen.rounds)
        seconds["one_by_one"] *= len(prompts) / len(some)
        figures: dict[str, Any] = {"student": "llama, random start, taught here", "parameters": reference.model.num_parameters()}
        figures |= {"prompts": len(prompts), "reply_tokens": sum(a.reply_tokens for a in replies["batched"]) / len(prompts)}
        figures |= {"goals": GOALS, "seconds": seconds, "missing": missing}
        figures["ratio"] = {way: seconds["one_by_one"] / taken for way, taken in seconds.items() if way != "one_by_one"}
        figures["same_text_batched"] = share(replies["one_by_one"], replies["batched"][:: len(prompts) // ALONE][:ALONE])
        if quick is not None:
            from tidelab.engines.agreement import agreement

            alike = agreement(reference.tokenizer, replies["batched"], replies["openvino"])
            for weight in reference.model.parameters():
                if weight.dim() > 1:  # the file keeps norms in fp32
                    weight.data = weight.data.half().float()
            rounded = share(in_batches(reference, prompts, BATCH), replies["openvino"])
            figures |= {
                "openvino": quick.identity,
                "same_text": alike.same_text,
                "same_token": alike.same_token,
                "same_text_rounded": rounded,
            }
    tell(figures, chosen.out)


def student(rows: Sequence[Any], folder: Path, epochs: float) -> str:
    """The taught student's directory."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    from tidelab.students.teach import Lesson, teach
    from tidelab.students.tokenizer import train_tokenizer

    tokenizer = train_tokenizer([text for row in rows for text in (row.person, row.chatbot)], 4096)
    torch.manual_seed(7)
    special = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=1024, tie_word_embeddings=True, **SIZES, **special)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    held, taught = rows[::20], [row for i, row in enumerate(rows) if i % 20]
    teach(str(folder / "base"), taught, held, Lesson("full", epochs, 0.003, 16, 512, seed=7), folder / "taught")
    return str(folder / "taught")


def openvino(model: str, folder: Path) -> tuple[str, Any]:
    """(what is missing, the engine)."""
    from tidelab.engines.openvino import OpenVinoEngine, check_installed
    from tidelab.errors import TidelabError
    from tidelab.students.as_gguf import as_gguf

    try:
        check_installed()
        return "", OpenVinoEngine(as_gguf(model, None, folder / "gguf", "f16"), max_new_tokens=TOKENS)
    except TidelabError as error:
        return str(error), None


def in_batches(engine: Any, prompts: Sequence[Any], size: int) -> list[Any]:
    return [answer for i in range(0, len(prompts), size) for answer in engine.answer(prompts[i : i + size])]


def timed(ways: dict[str, Callable[[], list[Any]]], rounds: int) -> tuple[dict[str, float], dict[str, list[Any]]]:
    """({way: best seconds}, {way: what it answered})."""
    best: dict[str, float] = {}
    replies = {}
    for _ in range(rounds):
        for way, answer in ways.items():
            start = time.perf_counter()
            replies[way] = answer()
            best[way] = min(best.get(way, float("inf")), time.perf_counter() - start)
    return best, replies


def share(some: Sequence[Any], others: Sequence[Any]) -> float:
    return sum(a.text == b.text for a, b in zip(some, others, strict=True)) / len(some)


if __name__ == "__main__":
    main()
