"""Teaching a nano student through tidelab beside stock TRL: same model, rows, seed, batch and learning rate; useful tokens a second.

python benchmarks/teaching.py --out benchmarks/results/teaching.json

The peer is `SFTTrainer` with its own defaults for sampling and loss, given rows that bring their labels. Useful tokens are those that
are no padding. Goal: at least 1.3 times the peer's rate, at a validation loss that differs by less than 5%.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from result import tell

GOAL = 1.3
MODEL = "nano:1m"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--rounds", type=int, default=2, help="each side is timed so often, in turn; the best round counts")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()

    import torch

    from tidelab.corpus import everyday, personas, rehearsal, scenarios
    from tidelab.engines.loading import load_tokenizer
    from tidelab.students import nano
    from tidelab.students.labels import Example, tokenize
    from tidelab.students.teach import Lesson, teach
    from tidelab.students.tokenizer import train_tokenizer

    written = [rehearsal.write(p, s, 7) for p in personas.sample(arguments.rows // 4, 7) for s in scenarios.choose(p, 2, 7)]
    rows = [Example(c.person, c.chatbot) for c in written] + [Example(*pair) for pair in everyday.everyday(arguments.rows // 2, 7)]
    held, taught = rows[::10], [row for i, row in enumerate(rows) if i % 10]
    lesson = Lesson("full", epochs=1, learning_rate=0.003, batch_size=4, max_length=512, seed=7)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        nano.make(MODEL, train_tokenizer([text for row in rows for text in (row.person, row.chatbot)], 2048), 7, base)
        tokenizer, _ = load_tokenizer(str(base))
        tokens = sum(len(row["input_ids"]) for row in tokenize(tokenizer, taught, lesson.max_length).rows)
        ours: list[tuple[float, float]] = []
        theirs: list[tuple[float, float]] = []
        for round_ in range(arguments.rounds):
            start = time.monotonic()
            curve = teach(str(base), taught, held, lesson, _fresh(folder, f"ours{round_}")).curve
            ours.append((time.monotonic() - start, curve[-1]["eval_loss"]))
            start = time.monotonic()
            loss = stock(str(base), taught, held, lesson, _fresh(folder, f"stock{round_}"))
            theirs.append((time.monotonic() - start, loss))
    fast, slow = min(ours)[0], min(theirs)[0]
    tell(
        {
            "benchmark": "teaching",
            "peer": "trl SFTTrainer, defaults",
            "model": MODEL,
            "threads": torch.get_num_threads(),
            "rows": len(taught),
            "useful_tokens": tokens,
            "tokens_per_second": round(tokens / fast),
            "peer_tokens_per_second": round(tokens / slow),
            "ratio": round(slow / fast, 2),
            "goal": GOAL,
            "validation_loss": round(ours[0][1], 4),
            "peer_validation_loss": round(theirs[0][1], 4),
        },
        arguments.out,
    )


def stock(source: str, rows: list[Any], held: list[Any], lesson: Any, out: Path) -> float:
    """One epoch by TRL as it comes; the validation loss. It too loads and tokenizes, as ours does."""
    from datasets import Dataset
    from transformers import set_seed
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    from tidelab.engines.loading import load_model, load_tokenizer
    from tidelab.students.labels import tokenize

    tokenizer, _ = load_tokenizer(source)
    train, validation = (Dataset.from_list(tokenize(tokenizer, part, lesson.max_length).rows) for part in (rows, held))
    set_seed(lesson.seed)
    settings = SFTConfig(
        output_dir=str(out),
        num_train_epochs=lesson.epochs,
        per_device_train_batch_size=lesson.batch_size,
        learning_rate=lesson.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.05,
        weight_decay=0.01,
        max_length=None,
        completion_only_loss=False,
        seed=lesson.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        report_to="none",
        bf16=False,
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = SFTTrainer(model=load_model(source), args=settings, train_dataset=train, eval_dataset=validation, processing_class=tokenizer)
    trainer.train()
    trainer.model.save_pretrained(out)
    return float(next(entry["eval_loss"] for entry in reversed(trainer.state.log_history) if "eval_loss" in entry))


def _fresh(folder: str, name: str) -> Path:
    made = Path(folder) / name
    made.mkdir()
    return made


if __name__ == "__main__":
    main()
