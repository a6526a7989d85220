"""The roster: known models against the count on their configuration, memory against what torch keeps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.students.models import save
from tidelab.errors import TidelabError
from tidelab.settings import resolve
from tidelab.students.entries import entry
from tidelab.students.known import known, pinned
from tidelab.students.memory import Dimensions, dimensions, layer_width, taught, to_answer, to_teach
from tidelab.students.roster import identity, settings
from tidelab.students.shown import shown

FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 32},
    "gemma3_text": {"head_dim": 32},
    "phi3": {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2},
    "smollm3": {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2},
}


def config(family: str, layers: int) -> Any:
    from transformers import AutoConfig

    return AutoConfig.for_model(
        family,
        hidden_size=128,
        intermediate_size=320,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=512,
        max_position_embeddings=512,
        **FAMILIES[family],
    )


@pytest.mark.parametrize("model", known())
def test_published_parameters_are_those_of_the_configuration(model: str) -> None:
    assert dimensions(settings(model, 0)).parameters == known()[model].parameters


def test_every_known_model_has_a_whole_revision_a_licence_a_gate_and_a_stop_token() -> None:
    for entry_ in known().values():
        assert re.fullmatch(r"[0-9a-f]{40}", entry_.revision), entry_.model
        assert entry_.licence and entry_.gate and entry_.format and entry_.stop, entry_.model
    assert [k.parameters for k in known().values()] == sorted(k.parameters for k in known().values())


def test_a_known_model_is_pinned_and_the_pin_is_in_its_fingerprint() -> None:
    model = "Qwen/Qwen2.5-0.5B-Instruct"
    assert pinned(model) == f"{model}@7ae557604adf67be50417f59c2c2f167def9a775"
    assert identity(model) == {"model": pinned(model)}
    assert pinned(f"{model}@main") == f"{model}@main"
    assert pinned("owner/other") == "owner/other"


def test_the_paper_preset_names_eight_students_of_half_to_five_billion_of_four_families_or_more() -> None:
    students = [known()[s.model] for s in resolve("paper", (), {}).experiment.students]
    assert len(students) == 8
    assert all(0.49e9 <= s.parameters <= 5e9 for s in students)
    assert len({s.model.partition("/")[0] for s in students}) >= 4
    curves = resolve("paper", (), {}).experiment.students
    assert all(s.fractions == ["1/16", "1/8", "1/4", "1/2", "1"] and s.seeds >= 3 for s in curves)


def test_the_laptop_presets_students_answer_in_little_memory() -> None:
    for student in resolve("laptop", (), {}).experiment.students:
        assert to_answer(dimensions(settings(student.model, 0)), 16, 768, "fp32") < 5 * 2**30, student.model


@pytest.mark.parametrize("family", FAMILIES)
def test_keys_and_values_take_the_memory_that_was_computed(family: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_config(config(family, 3))
    of = dimensions(model.config)
    with torch.inference_mode():
        cache = model(input_ids=torch.ones(2, 40, dtype=torch.long), use_cache=True).past_key_values
    held = sum(part.nbytes for layer in cache.layers for part in (layer.keys, layer.values))
    assert held == to_answer(of, 2, 40, "fp32") - 4 * of.parameters - 4 * 2 * of.vocabulary


@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_keeps_within_a_quarter_of_what_was_computed(family: str) -> None:
    kept = (_kept(config(family, 5)) - _kept(config(family, 2))) / 3 / (4 * 64 * 4)
    assert kept == pytest.approx(layer_width(dimensions(config(family, 5))), rel=0.25)


def _kept(settings_: Any) -> int:
    """Bytes that the backward pass of 4 rows of 64 tokens holds beside the weights."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_config(settings_, attn_implementation="sdpa").train()
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    held: dict[int, Any] = {}

    def keep(tensor: Any) -> Any:
        if tensor.untyped_storage().data_ptr() not in weights:
            held[tensor.untyped_storage().data_ptr()] = tensor  # held, so that no other tensor gets its place
        return tensor

    ids = torch.ones(4, 64, dtype=torch.long)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids, use_cache=False)
    return sum(tensor.untyped_storage().nbytes() for tensor in held.values())


def test_lora_teaches_what_peft_would_make_and_less_memory_is_needed_than_for_all_weights() -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    of = dimensions(config("llama", 2))
    adapter = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    tuned = get_peft_model(AutoModelForCausalLM.from_config(config("llama", 2)), adapter)
    assert taught(of, "lora", 4) == sum(p.numel() for p in tuned.parameters() if p.requires_grad)
    facts: dict[str, Any] = {"batch": 1, "length": 8, "rank": 4, "checkpointing": False}
    assert to_teach(of, "lora", **facts) < to_teach(of, "full", **facts)
    assert to_teach(of, "lora", **facts | {"checkpointing": True, "length": 512}) < to_teach(of, "lora", **facts | {"length": 512})
    assert isinstance(of, Dimensions)


def test_any_other_models_line_is_derived_from_its_files(tmp_path: Path) -> None:
    save(tmp_path / "mine")
    (tmp_path / "mine" / "README.md").write_text("---\nlicense: mit\n---\nMine.\n")
    told = entry(str(tmp_path / "mine"), length=64, batch=2, rank=4)
    assert (told["licence"], told["gate"], told["stop"][0], told["context"]) == ("mit", "unknown", "<|im_end|>", 256)
    assert 0 < told["non_embedding"] < told["parameters"] < 100_000
    assert told["memory"]["answer"] > 2 * told["parameters"]


def test_a_nano_student_has_no_line_before_a_run_made_it() -> None:
    with pytest.raises(TidelabError, match="made by a run") as error:
        entry("nano:1m", length=64, batch=2, rank=4)
    assert "runs/NAME/students/nano-1m/base" in error.value.mend


def test_what_is_shown_is_the_row_that_is_taught_and_the_prompt_that_is_asked(tmp_path: Path) -> None:
    from tests.students.models import tokenizer
    from tidelab.engines.chat_format import prompt_ids
    from tidelab.students.labels import IGNORED, Example, tokenize
    from tidelab.students.messages import ask

    made, example = tokenizer("qwen3"), Example("I can't sleep.", "That sounds hard.")
    told = shown(made, example)
    [row] = tokenize(made, [example], 500).rows
    assert [token.id for token in told.row] == row["input_ids"]
    assert [token.learnt for token in told.row] == [label != IGNORED for label in row["labels"]]
    assert "".join(token.text for token in told.row if token.learnt) == "That sounds hard.<|im_end|>"
    assert [token.id for token in told.prompt] == prompt_ids(made, ask(example.person))
    assert told.ends[0] == "<|im_end|>"
