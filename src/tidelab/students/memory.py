"""Memory: what a student needs to answer and to be taught, computed from its architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

WORD = 4
"""Bytes of a number while teaching: weights, gradients and Adam's two moments are fp32, on every machine."""
BYTES = {"fp32": 4, "bf16": 2}


@dataclass(frozen=True)
class Dimensions:
    """What decides memory. Widths are numbers per token."""

    parameters: int
    non_embedding: int
    layers: int
    hidden: int
    inner: int
    """Width inside the feed-forward part."""
    queries: int
    """Width of all attention heads' queries."""
    keys: int
    """Width of all keys; values have the same."""
    vocabulary: int
    linear: int
    """Sum of inputs plus outputs over the linear layers that LoRA adapts: its parameters per rank."""


def dimensions(config: Any) -> Dimensions:
    """Of a model's configuration, counted on the architecture without making the weights."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        empty: Any = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    empty.tie_weights()
    head = empty.get_output_embeddings()
    embeddings = {id(m.weight): m.weight.numel() for m in (empty.get_input_embeddings(), head) if m is not None}
    linear = [m for m in empty.modules() if isinstance(m, torch.nn.Linear) and m is not head]
    told = config.get_text_config()
    width = getattr(told, "head_dim", None) or told.hidden_size // told.num_attention_heads
    return Dimensions(
        parameters=empty.num_parameters(),
        non_embedding=empty.num_parameters() - sum(embeddings.values()),
        layers=told.num_hidden_layers,
        hidden=told.hidden_size,
        inner=told.intermediate_size,
        queries=told.num_attention_heads * width,
        keys=told.num_key_value_heads * width,
        vocabulary=told.vocab_size,
        linear=sum(m.in_features + m.out_features for m in linear),
    )


def to_answer(of: Dimensions, batch: int, length: int, dtype: Literal["fp32", "bf16"]) -> int:
    """Bytes: the weights, and keys and values of `batch` prompts with replies of `length` tokens together."""
    cache = 2 * of.layers * of.keys * batch * length
    return BYTES[dtype] * (of.parameters + cache) + WORD * batch * of.vocabulary


def taught(of: Dimensions, method: Literal["lora", "full"], rank: int) -> int:
    """Parameters that are taught."""
    return of.parameters if method == "full" else rank * of.linear


def to_teach(
    of: Dimensions, method: Literal["lora", "full"], batch: int, length: int, *, rank: int, checkpointing: bool, reply_share: float = 0.5
) -> int:
    """Bytes at the widest point of a step over `batch` rows of `length` tokens.

    Weights; gradient and two moments of whatever is taught; what the backward pass keeps; and logits, their logarithms and their
    gradients for the reply's share of the tokens.
    """
    adapter = 0 if method == "full" else taught(of, method, rank)
    states = WORD * (of.parameters + adapter + 3 * taught(of, method, rank))
    tokens = batch * length
    kept = of.layers * of.hidden + layer_width(of) if checkpointing else of.layers * layer_width(of)
    return states + WORD * tokens * kept + round(3 * WORD * tokens * reply_share * of.vocabulary)


def layer_width(of: Dimensions) -> int:
    """Numbers per token that one layer keeps for its backward pass, in fp32; autocast to bf16 keeps fewer bytes.

    The factors are ours: within a quarter of what Llama, Qwen, Gemma, Phi and SmolLM layers were seen to keep (the tests measure it).
    """
    return 8 * of.hidden + 3 * of.queries + 3 * of.keys + 7 * of.inner // 2
