"""teach: the one way in which students learn, nano or 3B, by TRL's SFTTrainer, every weight or a LoRA adapter."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidelab.engines.allocator import WORTH, keep_freed_memory
from tidelab.engines.chat_format import turn_end
from tidelab.engines.loading import check_vocabulary, load_model, load_tokenizer
from tidelab.engines.out_of_memory import free, out_of_memory
from tidelab.engines.quiet import quiet
from tidelab.errors import TidelabError
from tidelab.experiment import Method
from tidelab.students.labels import Example, Rows, prove, tokenize
from tidelab.students.reply_loss import NotANumberError, reply_trainer

CHECKPOINTS = "checkpoints"
COMPLETE = "complete"
LARGE = 200_000_000
"""Parameters from which on memory is worth a second forward pass (gradient checkpointing)."""


@dataclass(frozen=True)
class Lesson:
    """How to teach; epochs are passes over the rows, lengths are tokens, the learning rate is the peak of a cosine.

    It warms up in the first twentieth of the steps where there are 20 or more.
    """

    method: Method
    epochs: float
    learning_rate: float
    batch_size: int
    max_length: int
    seed: int
    lora_rank: int = 16
    lora_alpha: int = 32
    patience: int | None = None
    """Epochs without a lower validation loss after which teaching ends, with the best epoch's weights; None for never."""

    def decides(self) -> dict[str, Any]:
        """For fingerprints."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Taught:
    """What teaching gave: the curve's rows (step, epoch, train_loss, eval_loss in nats per labelled token), and facts for the notes."""

    curve: list[dict[str, float]]
    facts: dict[str, Any]


def teach(
    source: str,
    rows: Sequence[Example],
    validation: Sequence[Example],
    lesson: Lesson,
    out: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Taught:
    """Teaches the model at `source`; writes the model (full) or its adapter (lora) to `out`.

    Resumes from the last whole epoch in `out/checkpoints` if it was interrupted, with the same result. Where memory runs out, steps are
    cut into halves of the batch until they fit; the facts say so. Raises TidelabError when no row fits, when the loss is no number any
    more, or when nothing was learnt.
    """
    import torch
    from transformers import set_seed

    quiet()
    tokenizer, assumed = load_tokenizer(source)
    train = tokenize(tokenizer, rows, lesson.max_length)
    held = tokenize(tokenizer, validation, lesson.max_length)
    for name, part in (("training", train), ("validation", held)):
        if not part.rows:
            raise TidelabError(
                f"no {name} row has {lesson.max_length} tokens or less ({part.too_long} are longer)",
                where="training.max_length",
                mend="raise it, or give more conversations",
            )
    parts = 1
    while True:
        set_seed(lesson.seed)
        model = load_model(source, four_bits=lesson.method == "qlora")
        check_vocabulary(tokenizer, model.config, source)
        if model.device.type == "cpu" and model.num_parameters() > WORTH:
            keep_freed_memory()
        model.train()
        resume = _last_complete(out / CHECKPOINTS)
        trainer = _trainer(model, tokenizer, train.rows, held.rows, lesson, out / CHECKPOINTS, progress, parts)
        end = turn_end(tokenizer)
        for part in (trainer.train_dataset, trainer.eval_dataset):
            prove(list(part), end)
        before = _weights(trainer.model)
        try:
            trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
            break
        except NotANumberError as error:
            raise _diverged(error, train, lesson, _last_complete(out / CHECKPOINTS)) from error
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            parts = _more_parts(lesson, parts)
        del trainer, model  # outside of the handler, whose traceback would keep them
        free()
    changed = _changed(before, _weights(trainer.model))
    curve = _curve(trainer.state.log_history)
    trainer.model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    shutil.rmtree(out / CHECKPOINTS)
    facts = {
        "rows": len(train.rows),
        "rows_too_long": train.too_long,
        "validation_rows": len(held.rows),
        "validation_rows_too_long": held.too_long,
        "labels": sum(label >= 0 for row in train.rows for label in row["labels"]),
        "steps": trainer.state.global_step,
        "parameters_taught": sum(p.numel() for p in trainer.model.parameters() if p.requires_grad),
        "tensors_changed": changed,
        "assumed": assumed + ([f"memory ran out: each step was cut into {parts} parts"] if parts > 1 else []),
        "stopped_early": trainer.state.global_step < trainer.state.max_steps,
        "seed": lesson.seed,
        "threads": torch.get_num_threads(),
    }
    return Taught(curve, facts)


def _trainer(
    model: Any,
    tokenizer: Any,
    train: list[Any],
    held: list[Any],
    lesson: Lesson,
    out: Path,
    progress: Callable[[int, int], None],
    parts: int = 1,
) -> Any:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback
    from trl.trainer.sft_config import SFTConfig

    class Reports(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            progress(state.global_step, state.max_steps)

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            # Written last: a checkpoint without it was cut off by a crash.
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).touch()

    on_gpu = torch.cuda.is_available()
    settings = SFTConfig(
        output_dir=str(out),
        num_train_epochs=lesson.epochs,
        per_device_train_batch_size=lesson.batch_size // parts,
        gradient_accumulation_steps=parts,
        per_device_eval_batch_size=lesson.batch_size // parts,
        learning_rate=lesson.learning_rate,
        lr_scheduler_type="cosine",
        # Of fewer steps a twentieth is rounded up to a whole step at a rate of 0: a small fraction of the corpus would learn nothing.
        warmup_steps=0.05 if lesson.epochs * math.ceil(len(train) / lesson.batch_size) >= 20 else 0,
        weight_decay=0.01,
        max_length=None,  # rows that are too long were left out and counted
        completion_only_loss=False,  # the rows bring their labels
        train_sampling_strategy="group_by_length",
        seed=lesson.seed,
        data_seed=lesson.seed,
        eval_strategy="epoch",
        logging_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=lesson.patience is not None,
        metric_for_best_model="eval_loss" if lesson.patience is not None else None,
        gradient_checkpointing=model.num_parameters() > LARGE,
        bf16=on_gpu and torch.cuda.is_bf16_supported(),
        use_cpu=not on_gpu,
        dataloader_pin_memory=on_gpu,
        report_to="none",
        disable_tqdm=True,
    )
    adapter = LoraConfig(r=lesson.lora_rank, lora_alpha=lesson.lora_alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = reply_trainer()(
        model=model,
        args=settings,
        train_dataset=Dataset.from_list(train),
        eval_dataset=Dataset.from_list(held),
        processing_class=tokenizer,
        peft_config=None if lesson.method == "full" else adapter,
        callbacks=[Reports(), *([EarlyStoppingCallback(lesson.patience)] if lesson.patience is not None else [])],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _more_parts(lesson: Lesson, parts: int) -> int:
    """Twice as many parts of a batch. Raises TidelabError where a part would be less than a row, or the halves are not whole."""
    if lesson.batch_size % (parts * 2):
        raise TidelabError(
            f"memory runs out even with {lesson.batch_size // parts} rows at once",
            where="training",
            mend="give a smaller training.max_length, method lora instead of full, a smaller student, or a batch_size that is a power of 2",
        )
    return parts * 2


def _diverged(error: NotANumberError, train: Rows, lesson: Lesson, last: Path | None) -> TidelabError:
    """Names the conversations at which the loss was no number, and the checkpoint that is kept."""
    lost = [
        (number, name) for number, (row, name) in enumerate(zip(train.rows, train.names, strict=True)) if row["input_ids"] in error.rows
    ]
    shown = ", ".join(f"{number} ({name})" if name else str(number) for number, name in lost[:3])
    kept = f"the last good checkpoint is kept in {last}" if last else "no epoch was finished, so there is no checkpoint"
    return TidelabError(
        f"the training diverged: after step {error.step} the loss is no number, at training row {shown}; {kept}",
        where="training.learning_rate",
        mend=f"lower it (it is {lesson.learning_rate:g}), and look at that row for what no other one has",
    )


def _last_complete(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; unfinished ones are removed."""
    whole = []
    for checkpoint in folder.glob("checkpoint-*"):
        if (checkpoint / COMPLETE).exists():
            whole.append(checkpoint)
        else:
            shutil.rmtree(checkpoint)
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _weights(model: Any) -> dict[str, tuple[float, float]]:
    """Sum and norm of each tensor that is taught: enough to see a change, without a second copy of a large model."""
    return {
        name: (float(p.detach().double().sum()), float(p.detach().double().norm()))
        for name, p in model.named_parameters()
        if p.requires_grad
    }


def _changed(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> int:
    if not all(math.isfinite(value) for pair in after.values() for value in pair):
        raise TidelabError("the training diverged: weights are no numbers any more", where="training.learning_rate", mend="lower it")
    changed = sum(before[name] != after[name] for name in before)
    if not changed:
        raise TidelabError(
            "teaching changed no weight: base and tuned are the same",
            where="training",
            mend="raise training.learning_rate or training.epochs",
        )
    return changed


def _curve(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """One row for each epoch: the mean training loss within it and the validation loss at its end."""
    held = {entry["step"]: entry["eval_loss"] for entry in history if "eval_loss" in entry}
    return [
        {"step": entry["step"], "epoch": entry["epoch"], "train_loss": entry["loss"], "eval_loss": held.get(entry["step"], float("nan"))}
        for entry in history
        if "loss" in entry and "eval_loss" not in entry
    ]
