"""An adapter taught on weights of 4 bits: it learns, it answers on the whole base, and the memory is what was computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.students.models import save
from tests.students.test_teach import ROWS
from tidelab.engines import loading
from tidelab.engines.base import Prompt
from tidelab.engines.loading import load_model
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.students import stage
from tidelab.students.memory import FOUR_BITS, dimensions
from tidelab.students.messages import ask
from tidelab.students.teach import Lesson, teach

WIDE = {"hidden_size": 256, "intermediate_size": 512, "head_dim": 64}


def test_qlora_learns_and_its_adapter_answers_on_the_whole_base(tmp_path: Path) -> None:
    base = str(save(tmp_path / "base", "llama", **WIDE))
    taught = teach(base, ROWS, ROWS[:4], Lesson("qlora", 3, 0.02, 8, 256, seed=5, lora_rank=4), tmp_path / "tuned")
    assert taught.curve[-1]["eval_loss"] < taught.curve[0]["eval_loss"]
    assert (tmp_path / "tuned" / "adapter_model.safetensors").exists()
    prompt = [Prompt(ask(ROWS[0].person))]
    before = TransformersEngine(base, max_new_tokens=12).answer(prompt)[0].text
    after = TransformersEngine(base, adapter=tmp_path / "tuned", max_new_tokens=12).answer(prompt)[0].text
    assert before != after


def test_weights_in_four_bits_take_the_memory_that_was_computed(tmp_path: Path) -> None:
    model = load_model(str(save(tmp_path / "base", "llama", **WIDE)), four_bits=True)
    of = dimensions(load_model(str(tmp_path / "base")).config)
    held = 0
    for name, part in model.named_parameters():
        state = getattr(part, "quant_state", None)
        held += part.nbytes
        if state is not None:
            held += state.absmax.nbytes + state.state2.absmax.nbytes
            assert "embed" not in name
    computed = 4 * (of.parameters - of.linear_weights) + FOUR_BITS * of.linear_weights
    assert held == pytest.approx(computed, rel=0.01)
    assert held < 4 * of.parameters / 2


def test_without_bitsandbytes_qlora_is_refused_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading.importlib.util, "find_spec", lambda name: None)
    student = {"model": str(save(tmp_path / "base")), "method": "qlora"}
    with pytest.raises(TidelabError, match="qlora needs bitsandbytes") as error:
        stage.check(Experiment.model_validate({"students": [student]}))
    assert "tidelab[qlora]" in error.value.mend
