"""The nano students' tokenizer: byte-level BPE, trained here, so that any text (emoji, any script, NUL) has tokens and comes back whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PAD, SYSTEM, PERSON, CHATBOT, END = SPECIAL = ("<|pad|>", "<|system|>", "<|person|>", "<|chatbot|>", "<|end|>")

TEMPLATE = """\
{%- set names = {"system": "<|system|>", "user": "<|person|>", "assistant": "<|chatbot|>"} -%}
{%- for message in messages -%}
{{- names[message["role"]] + message["content"] | trim + "<|end|>" -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- "<|chatbot|>" -}}{%- endif -%}
"""


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A PreTrainedTokenizerFast of at most `vocabulary` tokens, with chat template; the same texts give the same tokenizer."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=list(SPECIAL), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[SYSTEM, PERSON, CHATBOT],
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer
