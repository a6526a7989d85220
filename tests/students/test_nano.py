from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.students.models import save
from tidelab.engines.base import Prompt
from tidelab.engines.chat_format import prompt_text
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError
from tidelab.students import nano
from tidelab.students.messages import ask, system_prompt
from tidelab.students.roster import check_model, identity, sizes
from tidelab.students.tokenizer import train_tokenizer

TEXTS = ["I could not sleep after the accident.", "It makes sense that you could not sleep."] * 20


@pytest.mark.parametrize(("name", "about"), [("nano:0.3m", 0.3e6), ("nano:1m", 1e6), ("nano:3m", 3e6)])
def test_the_ladder_has_the_sizes_that_its_names_say(name: str, about: float, tmp_path: Path) -> None:
    row = sizes(name, 2048)
    assert row["parameters"] == pytest.approx(about, rel=0.1)
    assert row["nano"]
    assert row["family"] == "lfm2"
    assert row["parameters"] - row["non_embedding"] == 2048 * nano.shape(name).width
    nano.make(name, train_tokenizer(TEXTS, 300), 1, tmp_path)
    assert TransformersEngine(str(tmp_path), max_new_tokens=2).model.num_parameters() == sizes(name, 300)["parameters"]


def test_untaught_attention_passes_on_what_it_looks_at(tmp_path: Path) -> None:
    nano.make("nano:1m", train_tokenizer(TEXTS, 300), 1, tmp_path)
    layers = TransformersEngine(str(tmp_path), max_new_tokens=2).model.model.layers
    attention = [layer.self_attn for layer in layers if layer.is_attention_layer]
    assert len(attention) == 2
    for one in attention:
        through = one.out_proj.weight @ one.v_proj.weight
        assert torch.allclose(through, 0.49 * torch.eye(len(through)), atol=1e-4)


def test_padding_on_the_left_changes_no_reply(tmp_path: Path) -> None:
    nano.make("nano:0.3m", train_tokenizer(TEXTS, 300), 1, tmp_path)
    engine = TransformersEngine(str(tmp_path), max_new_tokens=8)
    short, long = Prompt(ask("I fell.")), Prompt(ask("I could not sleep after the accident, and nobody knew. " * 3))
    alone = engine.answer([short])[0].text
    assert engine.answer([short, long])[0].text == alone


def test_any_text_comes_back_whole_from_the_tokenizer() -> None:
    tokenizer = train_tokenizer(TEXTS, 300)
    for text in ["naïve café 🌊", "שלום مرحبا", "a\x00b\n\tc", ""]:
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_the_same_texts_give_the_same_tokenizer() -> None:
    assert train_tokenizer(TEXTS, 300).get_vocab() == train_tokenizer(TEXTS, 300).get_vocab()


def test_the_chat_template_names_person_and_chatbot() -> None:
    text = prompt_text(train_tokenizer(TEXTS, 300), ask(" I can't sleep. "))
    assert text == f"<|system|>{system_prompt()}<|end|><|person|>I can't sleep.<|end|><|chatbot|>"


def test_a_nano_student_that_is_not_on_the_ladder_is_refused_with_the_ladder() -> None:
    with pytest.raises(TidelabError) as error:
        check_model("nano:7b")
    assert "nano:3m" in error.value.mend


@pytest.mark.parametrize("model", ["gpt", "owner/", "/no/such/place", "./none"])
def test_what_is_no_student_is_refused_before_the_run(model: str) -> None:
    with pytest.raises(TidelabError):
        check_model(model)


def test_a_hub_id_passes_without_asking_the_hub() -> None:
    check_model("owner/name")
    assert identity("owner/name") == {"model": "owner/name"}


@pytest.mark.parametrize("tied", [True, False])
def test_a_local_models_parameters_are_those_of_its_weights(tied: bool, tmp_path: Path) -> None:
    save(tmp_path, tie_word_embeddings=tied)
    model = TransformersEngine(str(tmp_path), max_new_tokens=2).model
    embeddings = model.get_input_embeddings().weight.numel() * (1 if tied else 2)
    row = sizes(str(tmp_path), 0)
    assert row["parameters"] == model.num_parameters()
    assert row["non_embedding"] == model.num_parameters() - embeddings
    assert not row["nano"]
    assert row["family"] == "qwen2"


def test_a_models_identity_is_its_content_and_not_its_place(tmp_path: Path) -> None:
    a, b = save(tmp_path / "a"), save(tmp_path / "b")
    assert identity(str(a)) == identity(str(b))
    weights = b / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    assert identity(str(a)) != identity(str(b))
