"""OpenVinoEngine: OpenVINO GenAI on a CPU, from a GGUF file. Greedy, with continuous batches; what prompts share is computed once.

Needs the extra `openvino`, and no torch. Weights are those of the file, products are computed in fp32, keys and values kept in fp32: so
replies are the reference engine's, but for the rounding of the file's weights. OpenVINO's package brings another, openvino-telemetry, which
its model converter uses; nothing here calls it.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidelab.engines.base import Answer, Prompt
from tidelab.engines.chat_format import end_ids, prompt_ids
from tidelab.engines.loading import load_tokenizer
from tidelab.engines.written import read, too_long
from tidelab.errors import TidelabError

ARCHITECTURES = ("llama", "qwen2", "qwen3")
"""`model_type` of the architectures that OpenVINO GenAI 2026.4 reads from GGUF."""
CACHE_GB = 2
"""Memory for keys and values; where it is full, prompts wait for others to end."""
AT_ONCE = 256


class OpenVinoEngine:
    """A directory with a `.gguf` file, tokenizer and `config.json`, as `tide students export --to gguf` writes it.

    Raises TidelabError where the extra is missing, or OpenVINO can't read the file.
    """

    def __init__(self, directory: Path, *, max_new_tokens: int) -> None:
        check_installed()
        of = config(directory)
        check_kind(str(of.get("model_type")), str(directory))
        import openvino_genai

        file = gguf_file(directory)
        self.tokenizer, self.assumed = load_tokenizer(str(directory))
        self.ends = end_ids(self.tokenizer, _named(directory))
        self.max_new_tokens = max_new_tokens
        self.context: int | None = of.get("max_position_embeddings")
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.cache_size, scheduler.max_num_seqs, scheduler.enable_prefix_caching = CACHE_GB, AT_ONCE, True
        exact = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}
        try:
            self._pipeline = openvino_genai.ContinuousBatchingPipeline(str(file), scheduler, "CPU", exact)
        except (RuntimeError, IndexError) as error:
            raise _unreadable(file, error) from error
        self._greedy = openvino_genai.GenerationConfig()
        self._greedy.do_sample, self._greedy.max_new_tokens, self._greedy.stop_token_ids = False, max_new_tokens, set(self.ends)
        self.identity = f"openvino-genai {openvino_genai.__version__.partition('-')[0]}, {file.name}, greedy"

    def answer(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer for each prompt; prompts too long for the context get a reason instead."""
        import numpy as np
        import openvino

        start = time.monotonic()
        ids = [prompt_ids(self.tokenizer, prompt.messages) for prompt in prompts]
        reasons = [too_long(len(tokens), self.max_new_tokens, self.context) for tokens in ids]
        fitting = [i for i, reason in enumerate(reasons) if not reason]
        tensors = [openvino.Tensor(np.array([ids[i]], np.int64)) for i in fitting]
        results = self._pipeline.generate(tensors, [self._greedy] * len(tensors)) if tensors else []
        written = {i: list(result.m_generation_ids[0]) for i, result in zip(fitting, results, strict=True)}
        seconds = (time.monotonic() - start) / max(len(prompts), 1)
        return [
            read(self.tokenizer, self.ends, len(tokens), written[i], seconds)
            if i in written
            else Answer(None, "error", prompt_tokens=len(tokens), reason=reasons[i])
            for i, tokens in enumerate(ids)
        ]


def installed() -> bool:
    """Whether the extra is here."""
    return importlib.util.find_spec("openvino_genai") is not None


def check_installed() -> None:
    """Raises TidelabError without the extra."""
    if not installed():
        mend = "pip install 'tidelab[openvino]', or take engine.name: transformers"
        raise TidelabError("OpenVINO GenAI is not installed", where="engine.name", mend=mend)


def check_kind(kind: str, where: str) -> None:
    """Raises TidelabError for a `model_type` that OpenVINO GenAI does not read from GGUF."""
    if kind not in ARCHITECTURES:
        raise TidelabError(
            f"OpenVINO GenAI reads GGUF of {', '.join(ARCHITECTURES)}; this model is `{kind}`",
            where=where,
            mend="take engine.name: transformers, or llama.cpp",
        )


def config(directory: Path) -> dict[str, Any]:
    """The model's config.json. Raises TidelabError where there is none to read."""
    try:
        found: dict[str, Any] = json.loads((directory / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TidelabError(f"config.json can't be read: {error}", where=str(directory), mend="export the student again") from None
    return found


def gguf_file(directory: Path) -> Path:
    """The directory's one GGUF file. Raises TidelabError where there is none, or more."""
    files = sorted(directory.glob("*.gguf"))
    if len(files) != 1:
        mend = "keep one .gguf file in it, as `tide students export --to gguf` writes it"
        raise TidelabError(f"holds {len(files)} GGUF files", where=str(directory), mend=mend)
    return files[0]


class _Named:
    """What generation_config.json says of end tokens."""

    def __init__(self, eos_token_id: object) -> None:
        self.eos_token_id = eos_token_id


def _named(directory: Path) -> _Named | None:
    path = directory / "generation_config.json"
    return _Named(json.loads(path.read_text("utf-8")).get("eos_token_id")) if path.exists() else None


def _unreadable(file: Path, error: Exception) -> TidelabError:
    last = str(error).strip().splitlines()[-1]
    return TidelabError(
        f"OpenVINO can't read the file: {last}",
        where=str(file),
        mend="export it as f16 or q8_0 again, or take engine.name: transformers or llama.cpp",
    )
