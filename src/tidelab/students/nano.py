"""nano students: a ladder of three Llama-style models, small enough to be made and taught here. They make no claim about real models."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from tidelab.engines.quiet import quiet
from tidelab.errors import TidelabError

CONTEXT = 1024
"""Tokens. Longer prompts stay unscored with a reason."""


class Shape(NamedTuple):
    """Width, layers and heads; the heads are 32 wide throughout, so that the ladder differs in size alone."""

    width: int
    layers: int
    heads: int


# Parameters in all with a vocabulary of 2,048 and tied embeddings: 0.33, 1.05 and 2.89 million.
LADDER = {"nano:0.3m": Shape(64, 4, 2), "nano:1m": Shape(128, 4, 4), "nano:3m": Shape(256, 3, 8)}


def is_nano(model: str) -> bool:
    """Whether a student's `model` is one that is made here."""
    return model.startswith("nano:")


def shape(model: str) -> Shape:
    """The shape behind a name of the ladder. Raises TidelabError for another name."""
    if model not in LADDER:
        raise TidelabError(f"there is no nano student {model!r}", where="students", mend=f"choose one of {', '.join(LADDER)}")
    return LADDER[model]


def config(model: str, vocabulary: int, pad: int | None = None, end: int | None = None) -> Any:
    """A LlamaConfig with tied embeddings; `pad` and `end` are ids of tokens."""
    from transformers import LlamaConfig

    width, layers, heads = shape(model)
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=width * 8 // 3 // 32 * 32,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=CONTEXT,
        initializer_range=0.05,  # with the usual 0.02 so narrow a model needs twice the steps to begin to learn
        tie_word_embeddings=True,
        bos_token_id=None,
        pad_token_id=pad,
        eos_token_id=end,
    )


def make(model: str, tokenizer: Any, seed: int, out: Path) -> None:
    """Writes an untaught model of that shape, with the tokenizer, in Hugging Face format to `out`."""
    import torch
    from transformers import LlamaForCausalLM

    quiet()
    torch.manual_seed(seed)
    made = LlamaForCausalLM(config(model, len(tokenizer), tokenizer.pad_token_id, tokenizer.eos_token_id))
    made.save_pretrained(out)
    tokenizer.save_pretrained(out)
