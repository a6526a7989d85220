"""Looks over a local model directory without loading it, so that a fault shows before hours of work and not after."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from tidelab.errors import TidelabError

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "tekken.json")
INDEX = "model.safetensors.index.json"


def is_local(model: str) -> bool:
    """Whether a student's `model` names a place on this machine and not a hub id (`owner/name`)."""
    return model.startswith(("/", ".", "~")) or Path(model).exists()


def check_directory(path: Path) -> None:
    """Raises TidelabError, with place and mend, for a directory that can't be loaded as a causal model with a chat template."""
    if not path.is_dir():
        raise TidelabError(
            "no such model directory",
            where=str(path),
            mend="give the path of a directory with config.json, weights and tokenizer, or a hub id",
        )
    _json(path / "config.json", "it is no model directory", "save the model there with save_pretrained()")
    check_weights(path)
    if not any((path / name).exists() for name in TOKENIZER_FILES):
        raise TidelabError("has no tokenizer", where=str(path), mend="save the tokenizer there too: tokenizer.save_pretrained(DIR)")
    settings = _json(path / "tokenizer_config.json", "the tokenizer's settings are missing", "save the tokenizer there again")
    if not (path / "chat_template.jinja").exists() and not settings.get("chat_template"):
        raise no_template(str(path))
    older = path / "special_tokens_map.json"
    if not settings.get("eos_token") and not (older.exists() and _json(older, "", "save the tokenizer there again").get("eos_token")):
        raise no_end_token(str(path / "tokenizer_config.json"))


def no_template(where: str) -> TidelabError:
    """The error of a tokenizer without chat template."""
    return TidelabError(
        "the tokenizer has no chat template, so it is not known how the model is spoken to",
        where=where,
        mend="add the template of the model's card as chat_template.jinja to that directory, or choose the model's instruct variant",
    )


def no_end_token(where: str) -> TidelabError:
    """The error of a tokenizer without end token."""
    return TidelabError(
        "the tokenizer has no end token, so a reply could never stop by itself",
        where=where,
        mend='add "eos_token": the token that ends a turn, as the model\'s card names it',
    )


def check_weights(path: Path) -> None:
    """Raises TidelabError where weights are missing or a safetensors file is cut short."""
    index = path / INDEX
    if index.exists():
        shards = sorted({path / name for name in _json(index, "", "download it again").get("weight_map", {}).values()})
    else:
        shards = sorted(path.glob("*.safetensors"))
        if not shards and not list(path.glob("pytorch_model*.bin")) and not list(path.glob("*.gguf")):
            raise TidelabError("has no weights", where=str(path), mend="add model.safetensors, or its shards with their index")
    for shard in shards:
        safetensors_header(shard)


def check_no_gguf(path: Path) -> None:
    """Raises TidelabError for a directory whose weights are in a GGUF file alone, which other engines read."""
    if list(path.glob("*.gguf")) and not [*path.glob("*.safetensors"), *path.glob("pytorch_model*.bin")]:
        mend = "take engine.name: openvino or llama.cpp, or export the student with --to merged"
        raise TidelabError("holds a GGUF file alone, which transformers is not given", where=str(path), mend=mend)


def safetensors_header(path: Path) -> dict[str, Any]:
    """Names, types, shapes and offsets of a safetensors file. Raises TidelabError where the file is missing or shorter than it says."""
    mend = "copy or download the file again"
    if not path.is_file():
        raise TidelabError("the index names a file that is missing", where=str(path), mend=mend)
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if 8 + length > size:
            raise TidelabError("the weights are cut short", where=str(path), mend=mend)
        try:
            header: dict[str, Any] = json.loads(file.read(length))
        except ValueError:
            raise TidelabError("is no safetensors file", where=str(path), mend=mend) from None
    needed = 8 + length + max((t["data_offsets"][1] for name, t in header.items() if name != "__metadata__"), default=0)
    if needed > size:
        raise TidelabError(f"the weights are cut short: {size} of {needed} bytes are there", where=str(path), mend=mend)
    return header


def _json(path: Path, missing: str, mend: str) -> dict[str, Any]:
    if not path.exists():
        raise TidelabError(f"{path.name} is missing: {missing}", where=str(path.parent), mend=mend)
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise TidelabError(f"is not readable JSON ({error})", where=str(path), mend=mend) from None
    if not isinstance(content, dict):
        raise TidelabError("is not a JSON object", where=str(path), mend=mend)
    return content
