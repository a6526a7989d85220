"""Tiny models with random weights, made from the real configuration classes, with the chat formats of their families."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

CHATML = (
    "{%- for m in messages -%}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
QWEN3 = (
    "{%- for m in messages -%}{{ '<|im_start|>' + m.role + '\n' }}"
    "{%- if m.role == 'assistant' and loop.last -%}{{ '<think>\n\n</think>\n\n' }}{%- endif -%}"
    "{{ m.content + '<|im_end|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false -%}{{ '<think>\n\n</think>\n\n' }}{%- endif -%}{%- endif -%}"
)
GEMMA = (  # refuses a system turn, as Gemma 2 does; Gemma's `eos_token` is not what ends a turn
    "{{ bos_token }}{%- for m in messages -%}{%- if m.role == 'system' -%}{{ raise_exception('System role not supported') }}{%- endif -%}"
    "{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\n' + m.content | trim + '<end_of_turn>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\n' }}{%- endif -%}"
)
LLAMA3 = (
    "{{ bos_token }}{%- for m in messages -%}{{ '<|im_start|>' + m.role + '\n\n' + m.content | trim + '<|im_end|>' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n\n' }}{%- endif -%}"
)
ZEPHYR = (
    "{%- for m in messages -%}{{ '<|' + m.role + '|>\n' + m.content + eos_token + '\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>\n' }}{%- endif -%}"
)

# family -> configuration class, chat template, token that ends a turn
FAMILIES: dict[str, tuple[str, str, str]] = {
    "llama": ("LlamaConfig", LLAMA3, "<|im_end|>"),
    "qwen2": ("Qwen2Config", CHATML, "<|im_end|>"),
    "qwen3": ("Qwen3Config", QWEN3, "<|im_end|>"),
    "gemma2": ("Gemma2Config", GEMMA, "<end_of_turn>"),
    "gemma3": ("Gemma3TextConfig", GEMMA, "<end_of_turn>"),
    "mistral": ("MistralConfig", ZEPHYR, "</s>"),
    "phi3": ("Phi3Config", ZEPHYR, "</s>"),
}
WORDS = "I feel so afraid at night, and the sirens keep me awake. It makes sense that you are tired; many people are, after what happened."
SPECIAL = ["<pad>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>"]


@cache
def _bpe() -> str:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator([WORDS], trainers.BpeTrainer(vocab_size=320, special_tokens=SPECIAL, initial_alphabet=alphabet))
    # Adds a begin token of its own, as Llama's and Gemma's tokenizers do: the template has written one already.
    bpe.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return str(bpe.to_str())


def tokenizer(family: str, **changes: Any) -> Any:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    facts = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"} | changes
    made = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(_bpe()), **{k: v for k, v in facts.items() if v is not None})
    made.chat_template = FAMILIES[family][1]
    return made


def model(family: str, seed: int = 0, **changes: Any) -> Any:
    import torch
    import transformers

    settings = {
        "vocab_size": len(tokenizer(family)) + (family == "qwen2"),  # whose tokenizer's class brings a token of its own
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 256,
        "initializer_range": 0.3,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    torch.manual_seed(seed)
    config = getattr(transformers, FAMILIES[family][0])(**(settings | changes))
    return transformers.AutoModelForCausalLM.from_config(config)


def save(path: Path, family: str = "qwen2", seed: int = 0, **changes: Any) -> Path:
    model(family, seed, **changes).save_pretrained(path)
    tokenizer(family).save_pretrained(path)
    return path
