"""nano students: a ladder of three models of the LFM2 architecture, small enough to be made and taught here.

Short convolutions beside attention let so small a model learn within a thousand steps to take up the words of its prompt; a plain
Llama of the same size needs several times as many. They make no claim about real models.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from tidelab.engines.quiet import quiet
from tidelab.errors import TidelabError

CONTEXT = 1024
"""Tokens. Longer prompts stay unscored with a reason."""


LAYERS = ("conv", "full_attention", "conv", "full_attention")


class Shape(NamedTuple):
    """Width and attention heads; the layers are the same throughout, so that the ladder differs in size alone."""

    width: int
    heads: int


# Parameters in all with a vocabulary of 2,048 and tied embeddings: 0.33, 1.02 and 2.8 million.
LADDER = {"nano:0.3m": Shape(64, 2), "nano:1m": Shape(128, 2), "nano:3m": Shape(224, 4)}


def is_nano(model: str) -> bool:
    """Whether a student's `model` is one that is made here."""
    return model.startswith("nano:")


def shape(model: str) -> Shape:
    """The shape behind a name of the ladder. Raises TidelabError for another name."""
    if model not in LADDER:
        raise TidelabError(f"there is no nano student {model!r}", where="students", mend=f"choose one of {', '.join(LADDER)}")
    return LADDER[model]


def rate(model: str) -> float:
    """What to multiply a learning rate by: one up to 128 wide, less in proportion above.

    Adam's rate falls as width grows (Yang et al. 2022, Tensor Programs V); a narrower model could take more and gains nothing from it.
    """
    return min(1.0, LADDER["nano:1m"].width / shape(model).width)


def config(model: str, vocabulary: int, pad: int | None = None, end: int | None = None) -> Any:
    """An Lfm2Config with tied embeddings; `pad` and `end` are ids of tokens."""
    from transformers import Lfm2Config

    width, heads = shape(model)
    return Lfm2Config(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=width * 8 // 3 // 32 * 32,
        block_auto_adjust_ff_dim=False,
        layer_types=list(LAYERS),
        num_hidden_layers=len(LAYERS),
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=CONTEXT,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        initializer_range=0.05,  # with the usual 0.02 so narrow a model needs twice the steps to begin to learn
        tie_word_embeddings=True,
        bos_token_id=None,
        pad_token_id=pad,
        eos_token_id=end,
    )


def make(model: str, tokenizer: Any, seed: int, out: Path) -> None:
    """Writes an untaught model of that shape, with the tokenizer, in Hugging Face format to `out`."""
    import torch
    from transformers import Lfm2ForCausalLM

    quiet()
    torch.manual_seed(seed)
    made = Lfm2ForCausalLM(config(model, len(tokenizer), tokenizer.pad_token_id, tokenizer.eos_token_id))
    _pass_on(made)
    made.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _pass_on(model: Any) -> None:
    """Starts attention's value and output matrices as a scaled rotation and its inverse, so that it passes on what it looks at.

    After Trockman and Kolter, Mimetic Initialization of Self-Attention Layers (ICML 2023): copying then has to learn only where to look.
    """
    import torch

    with torch.no_grad():
        for layer in model.model.layers:
            if layer.is_attention_layer:
                rotation, _ = torch.linalg.qr(torch.randn_like(layer.self_attn.v_proj.weight))
                layer.self_attn.v_proj.weight.copy_(0.7 * rotation)
                layer.self_attn.out_proj.weight.copy_(0.7 * rotation.T)
