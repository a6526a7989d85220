"""SFTTrainer with the loss computed where it counts: logits are made for reply tokens only, and nothing is measured beside them.

TRL computes entropy and accuracy with each step, and a head over more than the reply; on two cores that is almost half of a small
student's step. The loss is the same (`benchmarks/teaching.py`).
"""

from __future__ import annotations

import functools
import inspect
from typing import Any


class NotANumberError(Exception):
    """The loss is no number. `rows`: the tokens of the batch's rows whose loss is none, without padding; `step`: steps done before."""

    def __init__(self, rows: list[list[int]], step: int) -> None:
        self.rows, self.step = rows, step
        super().__init__(f"the loss of {len(rows)} rows is no number after step {step}")


@functools.cache
def reply_trainer() -> Any:
    """The trainer's class; made when first asked for, since TRL takes 13 s to import."""
    from torch.nn.functional import cross_entropy
    from trl.trainer.sft_trainer import SFTTrainer

    class ReplyTrainer(SFTTrainer):
        def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            """Mean cross-entropy over the labelled tokens, in nats; over those of all accumulated batches where their number is given.

            Raises NotANumberError.
            """
            if not _keeps(model):
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)  # type: ignore[no-untyped-call]
            labels = inputs["labels"][:, 1:]
            # All rows are cut at the same places: wherever any of them has a label. Models scale or cap their logits after this cut.
            places = (labels >= 0).any(dim=0).nonzero().squeeze(1)
            told = {name: value for name, value in inputs.items() if name != "labels"}
            logits = model(**told, use_cache=False, logits_to_keep=places).logits.float()
            wanted = labels[:, places]
            total = cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=-100, reduction="sum")
            if not total.isfinite():
                raise NotANumberError(_lost(logits, wanted, inputs), self.state.global_step)
            loss = total / ((wanted >= 0).sum() if num_items_in_batch is None else num_items_in_batch)
            return (loss, {}) if return_outputs else loss

    return ReplyTrainer


def _lost(logits: Any, wanted: Any, inputs: dict[str, Any]) -> list[list[int]]:
    """The tokens of the rows whose own loss is no number."""
    from torch.nn.functional import cross_entropy

    each = cross_entropy(logits.transpose(1, 2), wanted, ignore_index=-100, reduction="none").sum(dim=1)
    there = inputs["attention_mask"].bool()
    return [tokens[mask].tolist() for tokens, mask, loss in zip(inputs["input_ids"], there, each, strict=True) if not loss.isfinite()]


def _keeps(model: Any) -> bool:
    """Whether the model can make logits for chosen tokens only; adapters pass the choice on to it."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "logits_to_keep" in inspect.signature(type(inner).forward).parameters
