"""What goes wrong while teaching: a loss that is no number, memory that runs out, a validation loss that rises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.students.models import save
from tests.students.test_teach import LESSON, ROWS
from tidelab.engines.base import Prompt, dialogue
from tidelab.engines.loading import load_config, load_tokenizer
from tidelab.engines.transformers import MEMORY, TransformersEngine
from tidelab.errors import TidelabError
from tidelab.students import reply_loss
from tidelab.students.labels import Example
from tidelab.students.roster import check_model
from tidelab.students.teach import Lesson, teach


def test_a_loss_that_is_no_number_stops_and_names_the_conversation(tmp_path: Path) -> None:
    base = save(tmp_path / "base")
    tokenizer, _ = load_tokenizer(str(base))
    [token] = tokenizer("§"[:1], add_special_tokens=False)["input_ids"][:1]
    weights = load_file(base / "model.safetensors")
    weights["model.embed_tokens.weight"][token] = float("nan")
    save_file(weights, base / "model.safetensors", {"format": "pt"})
    rows = [Example(*row[:2], name=f"c{i}") for i, row in enumerate(ROWS)]
    rows[5] = Example("§ woke me.", "That sounds hard.", "c5")
    with pytest.raises(TidelabError, match="no number, at training row") as error:
        teach(str(base), rows, rows[:4], Lesson("lora", 1, 0.01, 8, 256, seed=5, lora_rank=4), tmp_path / "out")
    assert "5 (c5)" in error.value.what
    assert "c4" not in error.value.what
    assert "no epoch was finished" in error.value.what
    assert error.value.where == "training.learning_rate"


def test_the_last_good_checkpoint_stays_where_the_loss_was_lost_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = reply_loss.reply_trainer()
    real = trainer.compute_loss

    def lost(self: Any, model: Any, inputs: dict[str, Any], *rest: Any, **named: Any) -> Any:
        if model.training and self.state.global_step == 4:
            with torch.no_grad():
                next(model.parameters()).fill_(float("nan"))
        return real(self, model, inputs, *rest, **named)

    monkeypatch.setattr(trainer, "compute_loss", lost)
    with pytest.raises(TidelabError, match="after step 4") as error:
        teach(str(save(tmp_path / "base")), ROWS, ROWS[:4], LESSON, tmp_path / "out")
    assert "checkpoint-3" in error.value.what
    assert (tmp_path / "out" / "checkpoints" / "checkpoint-3" / "complete").exists()
    assert not (tmp_path / "out" / "model.safetensors").exists()


def rows_at_once(monkeypatch: pytest.MonkeyPatch, fitting: int) -> None:
    """Memory runs out for batches of more rows, as it does on an accelerator."""
    trainer = reply_loss.reply_trainer()
    real = trainer.compute_loss

    def small(self: Any, model: Any, inputs: dict[str, Any], *rest: Any, **named: Any) -> Any:
        if len(inputs["input_ids"]) > fitting:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(self, model, inputs, *rest, **named)

    monkeypatch.setattr(trainer, "compute_loss", small)


def test_where_memory_runs_out_steps_are_cut_and_what_is_learnt_stays_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = str(save(tmp_path / "base"))
    whole = teach(base, ROWS, ROWS[:4], LESSON, tmp_path / "whole")
    rows_at_once(monkeypatch, 2)
    cut = teach(base, ROWS, ROWS[:4], LESSON, tmp_path / "cut")
    assert "each step was cut into 4 parts" in cut.facts["assumed"][-1]
    assert cut.facts["steps"] == whole.facts["steps"]
    assert [r["eval_loss"] for r in cut.curve] == pytest.approx([r["eval_loss"] for r in whole.curve], rel=1e-2)


def test_memory_that_is_too_little_for_a_row_is_the_users_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows_at_once(monkeypatch, 0)
    with pytest.raises(TidelabError, match="even with 1 rows at once") as error:
        teach(str(save(tmp_path / "base")), ROWS, ROWS[:4], LESSON, tmp_path / "out")
    assert "max_length" in error.value.mend


def test_a_failure_that_is_not_of_memory_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(reply_loss.reply_trainer(), "compute_loss", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        teach(str(save(tmp_path / "base")), ROWS, ROWS[:4], LESSON, tmp_path / "out")


def test_teaching_stops_when_the_validation_loss_rises_and_keeps_the_best_epoch(tmp_path: Path) -> None:
    base = str(save(tmp_path / "base", initializer_range=0.1))
    other = [Example(row.person, "Quite different words: zebra, quartz, xylophone.") for row in ROWS[:4]]
    patient = Lesson("full", 30, 0.02, 8, 256, seed=5, patience=2)
    taught = teach(base, ROWS, other, patient, tmp_path / "out")
    losses = [row["eval_loss"] for row in taught.curve]
    assert taught.facts["stopped_early"]
    assert len(losses) < 30
    assert losses.index(min(losses)) == len(losses) - 3
    best = Lesson("full", 1, 1e-12, 8, 256, seed=5)  # one epoch that changes next to nothing measures what was kept
    again = teach(str(tmp_path / "out"), ROWS, other, best, tmp_path / "again")
    assert again.curve[0]["eval_loss"] == pytest.approx(min(losses), rel=1e-3)


def test_a_single_step_teaches_something(tmp_path: Path) -> None:
    taught = teach(str(save(tmp_path / "base")), ROWS[:4], ROWS[:4], Lesson("full", 1, 0.01, 8, 256, seed=5), tmp_path / "out")
    assert taught.facts["steps"] == 1
    assert taught.facts["tensors_changed"] > 0


def test_a_lesson_without_patience_decides_what_it_did_before() -> None:
    assert "patience" not in LESSON.decides()
    assert Lesson("full", 1, 0.1, 8, 256, seed=5, patience=2).decides()["patience"] == 2


def test_a_prompt_for_which_memory_runs_out_is_unscored_and_its_neighbours_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = TransformersEngine(str(save(tmp_path)), max_new_tokens=4)
    people = ["Hi", "I can't sleep.", "No.", "Night " * 12, "Yes."]
    asked = [Prompt(dialogue("", person)) for person in people]
    whole = engine.answer(asked)
    real, longest = engine._generate, max(a.prompt_tokens or 0 for a in whole)

    def small(ids: list[list[int]]) -> list[list[int]]:
        if len(ids) * max(map(len, ids)) >= longest:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.")
        return real(ids)

    monkeypatch.setattr(engine, "_generate", small)
    answers = engine.answer(asked)
    assert [a.reason for a in answers] == ["", "", "", MEMORY, ""]
    assert [a.text for a in answers if a.text is not None] == [
        a.text for a, person in zip(whole, people, strict=True) if person[0:5] != "Night"
    ]


def test_a_tokenizer_that_knows_more_tokens_than_the_model_is_refused_before_a_run(tmp_path: Path) -> None:
    path = save(tmp_path / "base", vocab_size=300)
    assert load_config(str(path)).vocab_size == 300
    for refused in (lambda: check_model(str(path)), lambda: TransformersEngine(str(path), max_new_tokens=4)):
        with pytest.raises(TidelabError, match="the model has 300 embeddings") as error:
            refused()
        assert error.value.where == str(path)


def test_a_template_that_can_t_write_a_turn_is_refused_before_a_run(tmp_path: Path) -> None:
    path = save(tmp_path / "base")
    (path / "chat_template.jinja").write_text("{{ raise_exception('tools only') }}")
    with pytest.raises(TidelabError, match="tools only"):
        check_model(str(path))
    settings = json.loads((path / "tokenizer_config.json").read_text())
    assert "chat_template" not in settings
