"""What `--plan` says of a cell beside what the cell takes: python benchmarks/plan.py [--out benchmarks/results/plan.json]

Students of real architectures (configurations of the roster, random weights, which cost what trained ones do) are taught with LoRA and
answer, on this machine, texts of the sample corpus; the same numbers of rows and tokens are given to the plan. Random students hardly
ever stop, so replies are as long as the plan takes them to be at most. Loading is left out on both sides. Goal: within 25%.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from result import tell

GOAL = 0.25
MODELS = ("HuggingFaceTB/SmolLM2-135M-Instruct", "HuggingFaceTB/SmolLM2-360M-Instruct", "Qwen/Qwen2.5-0.5B-Instruct")
TOKENS = 48


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--models", nargs="*", default=MODELS)
    options.add_argument("--rows", type=int, default=25, help="conversations to teach with")
    options.add_argument("--asked", type=int, default=32, help="prompts to answer")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()

    from tidelab.corpus import sample
    from tidelab.students.cost import measured

    machine = measured()
    cells: dict[str, Any] = {}
    conversations = sample.load()[2]
    for model in chosen.models:
        cells |= of_model(model, conversations, chosen.rows, chosen.asked, machine)
    figures = {"matrix_gflops": machine.operations / 1e9, "bandwidth_gb_s": machine.bandwidth / 1e9, "goal": GOAL, "cells": cells}
    tell(figures | {"worst": max(abs(c["planned_over_measured"] - 1) for c in cells.values())}, chosen.out)


def of_model(model: str, conversations: list[Any], rows: int, asked: int, machine: Any) -> dict[str, Any]:
    """{cell: seconds measured and planned, and their ratio}."""
    import torch
    from transformers import AutoModelForCausalLM

    from tidelab.engines.base import Prompt
    from tidelab.engines.chat_format import prompt_ids
    from tidelab.engines.transformers import TransformersEngine
    from tidelab.experiment import Experiment
    from tidelab.students import cost
    from tidelab.students.labels import Example, tokenize
    from tidelab.students.messages import ask
    from tidelab.students.roster import settings
    from tidelab.students.teach import Lesson, teach
    from tidelab.students.tokenizer import train_tokenizer

    texts = [text for c in conversations for text in (c.person, c.chatbot)]
    tokenizer = train_tokenizer(texts, 8192)
    examples = [Example(c.person, c.chatbot) for c in conversations[:rows]]
    prompts = sorted((Prompt(ask(c.person)) for c in conversations[-asked:]), key=lambda p: len(p.messages[-1]["content"]))
    with tempfile.TemporaryDirectory() as folder:
        config = settings(model, 0)
        config.eos_token_id, config.pad_token_id, config.bos_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id, None
        torch.manual_seed(0)
        AutoModelForCausalLM.from_config(config).save_pretrained(f"{folder}/{Path(model).name}")
        tokenizer.save_pretrained(f"{folder}/{Path(model).name}")
        base = f"{folder}/{Path(model).name}"
        lesson = Lesson("lora", epochs=1, learning_rate=1e-4, batch_size=8, max_length=1024, seed=0)
        taught = tokenize(tokenizer, examples, 1024).rows
        labels = sum(label >= 0 for row in taught for label in row["labels"]) / len(taught)
        words = cost.Words(sum(len(row["input_ids"]) for row in taught) / len(taught) - labels, labels)
        took = []
        for number, taken in enumerate((examples[:1], examples[:1], examples)):  # the first time libraries are loaded
            start = time.perf_counter()
            teach(base, taken, examples[:1], lesson, Path(folder) / str(number))
            took.append(time.perf_counter() - start)
        teaching = took[2] - took[1]  # without loading, saving and one step
        engine = TransformersEngine(base, max_new_tokens=TOKENS)
        start = time.perf_counter()
        answers = [a for i in range(0, asked, 16) for a in engine.answer(prompts[i : i + 16])]
        answering = time.perf_counter() - start
    planned = {"training": {"method": "lora", "epochs": 1, "batch_size": 8}, "engine": {"batch_size": 16, "max_new_tokens": TOKENS}}
    experiment = Experiment.model_validate({"name": "plan", "students": [{"model": model}], **planned})
    sums = cost.costs(experiment, round((rows - 1) / cost.TRAIN), asked, words, machine)
    name = experiment.students[0].name
    asked_words = cost.Words(sum(len(prompt_ids(tokenizer, p.messages)) for p in prompts) / asked, TOKENS)
    replies = cost.costs(experiment, 0, asked, asked_words, machine)[f"replies/{name}@zero-shot"].seconds
    found = {f"students/{name}@fine-tuned": (teaching, sums[f"students/{name}@fine-tuned"].seconds)}
    found[f"replies/{name}@zero-shot"] = (answering, replies)
    stopped = sum(a.stop_reason == "stop" for a in answers)
    return {
        cell: {"measured_seconds": taken, "planned_seconds": plan, "planned_over_measured": plan / taken, "stopped": stopped}
        for cell, (taken, plan) in found.items()
    }


if __name__ == "__main__":
    main()
