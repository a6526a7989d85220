from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.students.models import FAMILIES, WORDS, save, tokenizer
from tidelab.engines.base import Prompt, dialogue
from tidelab.engines.chat_format import prompt_ids, prompt_text, turn_end
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError

SYSTEM = "Answer with empathy."
PEOPLE = ["I can't sleep.", WORDS, "Hi", "Sirens again, and I froze.\nMy hands shook.", "مرحبا 🌊 \x00"]


def ask(person: str) -> Prompt:
    return Prompt(dialogue(SYSTEM, person))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_answers_what_each_prompt_alone_would_get(family: str, tmp_path: Path) -> None:
    engine = TransformersEngine(str(save(tmp_path, family)), max_new_tokens=12)
    together = engine.answer([ask(p) for p in PEOPLE])
    alone = [engine.answer([ask(p)])[0] for p in PEOPLE]
    assert [(a.text, a.stop_reason, a.reply_tokens) for a in together] == [(a.text, a.stop_reason, a.reply_tokens) for a in alone]
    assert len({a.text for a in together}) > 1, "the replies do not depend on the prompts"
    assert [a.prompt_tokens for a in together] == [len(prompt_ids(engine.tokenizer, ask(p).messages)) for p in PEOPLE]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_prompt_has_one_begin_token_at_most(family: str) -> None:
    tokens = prompt_ids(tokenizer(family), ask("Hi").messages)
    assert tokens.count(1) == (1 if "bos_token" in FAMILIES[family][1] else 0)


def test_a_template_without_system_turn_gets_the_system_prompt_in_the_persons_turn() -> None:
    text = prompt_text(tokenizer("gemma2"), ask("Hi").messages)
    assert text == f"<s><start_of_turn>user\n{SYSTEM}\n\nHi<end_of_turn>\n<start_of_turn>model\n"


def test_a_thinking_model_is_asked_not_to_think_aloud() -> None:
    assert prompt_text(tokenizer("qwen3"), ask("Hi").messages).endswith("<think>\n\n</think>\n\n")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_turns_end_is_read_off_the_template(family: str) -> None:
    made = tokenizer(family)
    assert made.convert_ids_to_tokens(turn_end(made)) == FAMILIES[family][2]


def biased(engine: TransformersEngine, token: int) -> TransformersEngine:
    """The engine with a model that writes one token for ever."""
    import torch

    head = engine.model.get_output_embeddings()
    bias = torch.zeros(head.out_features)
    bias[token] = 1e4
    head.bias = torch.nn.Parameter(bias)
    return engine


def test_a_reply_that_ends_its_turn_is_marked_stop_and_counts_the_end(tmp_path: Path) -> None:
    engine = TransformersEngine(str(save(tmp_path)), max_new_tokens=5)
    [answer] = biased(engine, turn_end(engine.tokenizer)).answer([ask("Hi")])
    assert (answer.text, answer.stop_reason, answer.reply_tokens) == ("", "stop", 1)


def test_the_end_token_of_the_document_stops_too(tmp_path: Path) -> None:
    engine = TransformersEngine(str(save(tmp_path)), max_new_tokens=5)
    assert biased(engine, engine.tokenizer.eos_token_id).answer([ask("Hi")])[0].stop_reason == "stop"


def test_a_reply_that_never_ends_is_marked_length(tmp_path: Path) -> None:
    engine = TransformersEngine(str(save(tmp_path)), max_new_tokens=5)
    [answer] = biased(engine, engine.tokenizer("I", add_special_tokens=False)["input_ids"][0]).answer([ask("Hi")])
    assert (answer.text, answer.stop_reason, answer.reply_tokens) == ("IIIII", "length", 5)


def test_a_models_own_sampling_settings_do_not_reach_the_replies(tmp_path: Path) -> None:
    plain = TransformersEngine(str(save(tmp_path / "plain")), max_new_tokens=12).answer([ask(p) for p in PEOPLE])
    settings = {"do_sample": True, "temperature": 9.0, "repetition_penalty": 5.0, "eos_token_id": 2}
    (save(tmp_path / "hot") / "generation_config.json").write_text(json.dumps(settings))
    hot = TransformersEngine(str(tmp_path / "hot"), max_new_tokens=12).answer([ask(p) for p in PEOPLE])
    assert [a.text for a in hot] == [a.text for a in plain]


def test_a_prompt_beyond_the_context_is_unscored_and_its_neighbours_are_answered(tmp_path: Path) -> None:
    engine = TransformersEngine(str(save(tmp_path)), max_new_tokens=12)
    short, long = engine.answer([ask("Hi"), ask("night " * 5000)])
    assert short.text is not None
    assert long.text is None
    assert long.stop_reason == "error"
    assert "exceed the context of 256" in long.reason
    assert engine.answer([ask("night " * 5000)])[0].text is None


def test_without_pad_token_the_end_token_pads_and_the_engine_says_so(tmp_path: Path) -> None:
    save(tmp_path, "llama")
    whole = TransformersEngine(str(tmp_path), max_new_tokens=8).answer([ask(p) for p in PEOPLE])
    edit(tmp_path / "tokenizer_config.json", pad_token=None)
    engine = TransformersEngine(str(tmp_path), max_new_tokens=8)
    assert "no pad token" in engine.assumed[0]
    assert [a.text for a in engine.answer([ask(p) for p in PEOPLE])] == [a.text for a in whole]


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({k: v for k, v in (json.loads(path.read_text()) | changes).items() if v is not None}))


def broken(path: Path, fault: str) -> None:
    weights = path / "model.safetensors"
    match fault:
        case "template":
            (path / "chat_template.jinja").unlink()
        case "end":
            edit(path / "tokenizer_config.json", eos_token=None)
        case "config":
            (path / "config.json").unlink()
        case "garbled":
            (path / "config.json").write_text("{")
        case "weights":
            weights.unlink()
        case "truncated":
            weights.write_bytes(weights.read_bytes()[:-1000])
        case "empty":
            weights.write_bytes(b"")
        case "shard":
            weights.unlink()
            (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "model-1.safetensors"}}))
        case "tokenizer":
            (path / "tokenizer.json").unlink()
        case "larger":
            edit(path / "config.json", num_hidden_layers=3, layer_types=None)


FAULTS = {
    "template": ("no chat template", "chat_template.jinja"),
    "end": ("no end token", "eos_token"),
    "config": ("config.json is missing", "save_pretrained"),
    "garbled": ("not readable JSON", "save"),
    "weights": ("no weights", "model.safetensors"),
    "truncated": ("cut short", "again"),
    "empty": ("cut short", "again"),
    "shard": ("file that is missing", "again"),
    "tokenizer": ("no tokenizer", "save_pretrained"),
    "larger": ("lack", "config.json"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_directory_is_refused_with_place_and_mend(fault: str, tmp_path: Path) -> None:
    broken(save(tmp_path), fault)
    with pytest.raises(TidelabError) as error:
        TransformersEngine(str(tmp_path), max_new_tokens=4)
    what, mend = FAULTS[fault]
    assert what in error.value.what
    assert mend in error.value.mend
    assert str(tmp_path) in error.value.where


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TidelabError, match="no such model directory"):
        TransformersEngine(str(tmp_path / "nowhere"), max_new_tokens=4)


def test_a_hub_id_without_a_hub_says_so() -> None:
    with pytest.raises(TidelabError, match="can't be had from the hub"):
        TransformersEngine("nobody/no-such-model", max_new_tokens=4)
