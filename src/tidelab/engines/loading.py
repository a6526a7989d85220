"""Loads a causal model and its tokenizer, from a directory or a hub (`owner/name@revision`); faults of either come as TidelabError."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Literal

from tidelab.engines.directory import check_directory, check_no_gguf, check_weights, is_local, no_end_token, no_template
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
        tokenizer = AutoTokenizer.from_pretrained(**_place(source))
    except (OSError, ValueError) as error:
        raise not_loaded("tokenizer", source, error) from error
    if not tokenizer.chat_template:
        raise no_template(source)
    if tokenizer.eos_token_id is None:
        raise no_end_token(source)
    assumed = []
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
        assumed.append(f"no pad token: padded with the end token {tokenizer.eos_token!r}, masked")
    return tokenizer, assumed


def load_config(source: str) -> Any:
    """The model's configuration. Raises TidelabError where there is none."""
    from transformers import AutoConfig

    quiet()
    try:
        return AutoConfig.from_pretrained(**_place(source))
    except (OSError, ValueError) as error:
        raise not_loaded("configuration", source, error) from error


def check_vocabulary(tokenizer: Any, config: Any, source: str) -> None:
    """Raises TidelabError where the tokenizer gives ids that the model has no embedding for."""
    rows = int(config.get_text_config().vocab_size)
    vocabulary = tokenizer.get_vocab()
    token = max(vocabulary, key=vocabulary.__getitem__)
    if vocabulary[token] >= rows:
        raise TidelabError(
            f"tokenizer and model disagree: the tokenizer's token {token!r} has id {vocabulary[token]}, the model has {rows} embeddings",
            where=source,
            mend="put the tokenizer there that belongs to the model, or resize the model's embeddings and save it again",
        )


def check_four_bits() -> None:
    """Raises TidelabError where weights can't be kept in 4 bits here."""
    if importlib.util.find_spec("bitsandbytes") is None:
        raise TidelabError(
            "qlora needs bitsandbytes, which is not installed", where="training.method", mend="pip install 'tidelab[qlora]', or take lora"
        )


def load_model(source: str, *, adapter: Path | None = None, dtype: Dtype = "fp32", four_bits: bool = False) -> Any:
    """The model in evaluation mode, on the accelerator if there is one, with its adapter. Raises TidelabError for broken weights.

    four_bits -- keeps the weights of linear layers as 4-bit normal floats with their scales quantized again, to teach an adapter on
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    auto: Any = AutoModelForCausalLM  # its type says nothing of output_loading_info

    quiet()
    if is_local(source):
        check_no_gguf(Path(source).expanduser())
    kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[dtype]
    place: dict[str, Any] = _place(source)
    if four_bits:
        check_four_bits()
        computed = torch.bfloat16 if torch.cuda.is_available() else kind
        place["quantization_config"] = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=computed
        )
    try:
        model, info = auto.from_pretrained(**place, dtype=kind, output_loading_info=True)
    except (OSError, ValueError, SafetensorError) as error:
        raise not_loaded("model", source, error) from error
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


def _place(source: str) -> dict[str, Any]:
    """What from_pretrained wants: a path, or a hub id with the revision after its @."""
    if is_local(source):
        return {"pretrained_model_name_or_path": str(Path(source).expanduser())}
    name, _, revision = source.partition("@")
    return {"pretrained_model_name_or_path": name, "revision": revision or "main"}


def not_loaded(what: str, source: str, error: Exception) -> TidelabError:
    """The error of a model, tokenizer or configuration that can't be had, with the mend that its cause asks for."""
    from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError

    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if is_local(source):
        return TidelabError(f"the {what} can't be loaded: {first}", where=source, mend="save it there again, whole, with save_pretrained()")
    causes = _causes(error)
    name, _, revision = source.partition("@")
    if any(isinstance(cause, GatedRepoError) for cause in causes):
        token = "the token does not open it" if _token() else "there is no token"
        return TidelabError(
            f"the {what} can't be had from the hub: the model is gated, and {token}",
            where=name,
            mend="accept the licence on the model's page, then give HF_TOKEN of that account; or choose another model",
        )
    if any(isinstance(cause, RevisionNotFoundError) for cause in causes):
        return TidelabError(
            f"the {what} can't be had from the hub: revision {revision or 'main'} is not there (any more)",
            where=name,
            mend=f"look on the model's page for a revision that is there, and write the model as {name}@REVISION",
        )
    return TidelabError(
        f"the {what} can't be had from the hub: {first}",
        where=source,
        mend="check the id and the network (and HF_TOKEN for gated models), or give the path of a local directory",
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes


def _token() -> bool:
    from huggingface_hub import get_token

    return get_token() is not None
