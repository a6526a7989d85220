"""TransformersEngine: the reference engine. Greedy, batched, left-padded, every reply's end recorded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tidelab.engines.base import Answer, Prompt
from tidelab.engines.chat_format import end_ids, prompt_ids
from tidelab.engines.loading import Dtype, check_vocabulary, load_model, load_tokenizer
from tidelab.engines.out_of_memory import free, out_of_memory
from tidelab.engines.written import read, too_long

MEMORY = "memory ran out, even for this prompt alone"


class TransformersEngine:
    """A local causal model, or one of a hub, with an optional adapter.

    Raises TidelabError (see `loading`) when it can't be loaded.
    """

    def __init__(self, source: str, *, adapter: Path | None = None, max_new_tokens: int, dtype: Dtype = "fp32") -> None:
        import torch
        import transformers

        self.tokenizer, self.assumed = load_tokenizer(source)
        self.model = load_model(source, adapter=adapter, dtype=dtype)
        check_vocabulary(self.tokenizer, self.model.config, source)
        self.max_new_tokens = max_new_tokens
        self.ends = end_ids(self.tokenizer, self.model.generation_config)
        self.context: int | None = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        self.identity = f"transformers {transformers.__version__}, torch {torch.__version__}, {dtype}, greedy"
        # A model's own sampling settings (temperature, repetition penalty) would make replies neither greedy nor comparable.
        self.model.generation_config = transformers.GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False,
            max_new_tokens=max_new_tokens,
            eos_token_id=self.ends,
            pad_token_id=self.tokenizer.pad_token_id,
            bos_token_id=self.tokenizer.bos_token_id,
        )

    def answer(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer for each prompt, generated as one batch; prompts too long for the context get a reason instead."""
        start = time.monotonic()
        ids = [prompt_ids(self.tokenizer, prompt.messages) for prompt in prompts]
        reasons = [too_long(len(tokens), self.max_new_tokens, self.context) for tokens in ids]
        fitting = [i for i, reason in enumerate(reasons) if not reason]
        written = dict(zip(fitting, self._halving([ids[i] for i in fitting]), strict=True)) if fitting else {}
        reasons = [MEMORY if written.get(i, ids) is None else reason for i, reason in enumerate(reasons)]
        seconds = (time.monotonic() - start) / max(len(prompts), 1)
        return [
            Answer(None, "error", prompt_tokens=len(tokens), reason=reasons[i])
            if (reply := written.get(i)) is None
            else read(self.tokenizer, self.ends, len(tokens), reply, seconds)
            for i, tokens in enumerate(ids)
        ]

    def _halving(self, ids: list[list[int]]) -> list[list[int] | None]:
        """What is written for each prompt; where memory runs out, in halves; None where it does for a single one."""
        try:
            return [*self._generate(ids)]
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
        free()
        if len(ids) == 1:
            return [None]
        half = len(ids) // 2
        return self._halving(ids[:half]) + self._halving(ids[half:])

    def _generate(self, ids: list[list[int]]) -> list[list[int]]:
        import torch

        width = max(map(len, ids))
        pad = self.tokenizer.pad_token_id
        tokens = torch.tensor([[pad] * (width - len(row)) + row for row in ids], device=self.model.device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ids], device=self.model.device)
        with torch.inference_mode():
            whole = self.model.generate(input_ids=tokens, attention_mask=mask)
        written: list[list[int]] = whole[:, width:].tolist()
        return written
