"""The loss over reply tokens alone is TRL's loss: in value, in gradient, for each family, with and without an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from trl.trainer.sft_trainer import SFTTrainer

from tests.students.models import FAMILIES, save
from tidelab.engines.loading import load_model, load_tokenizer
from tidelab.students.labels import Example, tokenize
from tidelab.students.teach import Lesson, _trainer

ROWS = [Example("The siren again" + " and again" * (i % 5), "It makes sense that you are tired." + " Truly." * (i % 3)) for i in range(6)]


def trainer(family: str, method: Any, folder: Path) -> Any:
    base = str(save(folder / "base", family))
    tokenizer, _ = load_tokenizer(base)
    rows = tokenize(tokenizer, ROWS, 256).rows
    lesson = Lesson(method, 1, 0.01, 3, 256, seed=5, lora_rank=4)
    return _trainer(load_model(base).eval(), tokenizer, rows, rows, lesson, folder / "out", lambda done, total: None)


def loss_and_gradients(loss: torch.Tensor, model: Any) -> tuple[float, list[torch.Tensor]]:
    model.zero_grad()
    loss.backward()
    return loss.item(), [p.grad.clone() for p in model.parameters() if p.grad is not None]


@pytest.mark.parametrize("method", ["full", "lora"])
@pytest.mark.parametrize("family", FAMILIES)
def test_loss_and_gradients_are_those_of_trl(family: str, method: str, tmp_path: Path) -> None:
    made = trainer(family, method, tmp_path)
    for batch, accumulated in zip(made.get_train_dataloader(), (None, torch.tensor(97)), strict=False):
        ours, mine = loss_and_gradients(made.compute_loss(made.model, dict(batch), num_items_in_batch=accumulated), made.model)
        theirs, wanted = loss_and_gradients(
            SFTTrainer.compute_loss(made, made.model, dict(batch), num_items_in_batch=accumulated), made.model
        )
        assert ours == pytest.approx(theirs, rel=1e-5) and ours > 0
        assert len(mine) == len(wanted) > 0
        for one, other in zip(mine, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)


def test_the_validation_loss_is_the_mean_over_reply_tokens(tmp_path: Path) -> None:
    made = trainer("qwen2", "full", tmp_path)
    with torch.no_grad():
        each = [made.compute_loss(made.model, dict(batch)).item() for batch in made.get_eval_dataloader()]
    assert made.evaluate()["eval_loss"] == pytest.approx(sum(each) / len(each), rel=1e-4)


def test_a_model_that_can_t_choose_its_logits_is_taught_by_trl_s_own_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = trainer("qwen2", "full", tmp_path)
    batch = next(iter(made.get_train_dataloader()))
    before = made.compute_loss(made.model, dict(batch)).item()
    monkeypatch.setattr("tidelab.students.reply_loss._keeps", lambda model: False)
    assert made.compute_loss(made.model, dict(batch)).item() == pytest.approx(before, rel=1e-5)
    assert made._metrics["eval"]["entropy"]  # which only TRL measures
