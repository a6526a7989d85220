"""Loads a causal model and its tokenizer, from a directory or a hub; faults of either come as TidelabError."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from tidelab.engines.directory import check_directory, check_weights, is_local, no_end_token, no_template
from tidelab.engines.quiet import quiet
from tidelab.errors import TidelabError

Dtype = Literal["fp32", "bf16"]


def load_tokenizer(source: str) -> tuple[Any, list[str]]:
    """The tokenizer, and what had to be assumed about it. Raises TidelabError without chat template or end token."""
    from transformers import AutoTokenizer

    quiet()
    if is_local(source):
        check_directory(Path(source).expanduser())
    try:
        tokenizer = AutoTokenizer.from_pretrained(_place(source))
    except (OSError, ValueError) as error:
        raise _not_loaded("tokenizer", source, error) from error
    if not tokenizer.chat_template:
        raise no_template(source)
    if tokenizer.eos_token_id is None:
        raise no_end_token(source)
    assumed = []
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
        assumed.append(f"no pad token: padded with the end token {tokenizer.eos_token!r}, masked")
    return tokenizer, assumed


def load_model(source: str, *, adapter: Path | None = None, dtype: Dtype = "fp32") -> Any:
    """The model in evaluation mode, on the accelerator if there is one, with its adapter. Raises TidelabError for broken weights."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    auto: Any = AutoModelForCausalLM  # its type says nothing of output_loading_info

    quiet()
    kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[dtype]
    try:
        model, info = auto.from_pretrained(_place(source), dtype=kind, output_loading_info=True)
    except (OSError, ValueError, SafetensorError) as error:
        raise _not_loaded("model", source, error) from error
    tied = set(getattr(model, "all_tied_weights_keys", None) or {})
    missing = sorted(set(info["missing_keys"]) - tied)
    if missing:
        # transformers would fill them with random numbers and go on.
        raise TidelabError(
            f"the weights lack {len(missing)} of the model's tensors, first {missing[0]}",
            where=source,
            mend="give the weights that belong to config.json",
        )
    if adapter is not None:
        model = _with_adapter(model, adapter, merge=dtype == "fp32")
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def _with_adapter(model: Any, adapter: Path, merge: bool) -> Any:
    from peft import PeftModel

    check_weights(adapter)
    tuned = PeftModel.from_pretrained(model, str(adapter))
    # Merged weights answer faster; in bf16 the rounding would eat small updates, so there the adapter stays apart.
    return tuned.merge_and_unload() if merge else tuned


def _place(source: str) -> str:
    return str(Path(source).expanduser()) if is_local(source) else source


def _not_loaded(what: str, source: str, error: Exception) -> TidelabError:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if is_local(source):
        return TidelabError(f"the {what} can't be loaded: {first}", where=source, mend="save it there again, whole, with save_pretrained()")
    return TidelabError(
        f"the {what} can't be had from the hub: {first}",
        where=source,
        mend="check the id and the network (and HF_TOKEN for gated models), or give the path of a local directory",
    )
