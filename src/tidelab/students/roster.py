"""The roster: what a student's `model` names, how large it is, and what identifies its weights."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from tidelab.engines.directory import check_directory, is_local
from tidelab.errors import TidelabError
from tidelab.run.fingerprint import of_files
from tidelab.students.nano import LADDER, config, is_nano, shape


def check_model(model: str) -> None:
    """Raises TidelabError for a name that is no nano student, no usable directory and no hub id. Asks no hub."""
    if is_nano(model):
        shape(model)
    elif is_local(model):
        check_directory(Path(model).expanduser())
    elif model.count("/") != 1 or not all(model.split("/")):
        raise TidelabError(
            f"{model!r} is no student: no such path here, and no hub id",
            where="students",
            mend=f"give {', '.join(LADDER)}, the path of a model directory, or a hub id as owner/name",
        )


def identity(model: str) -> dict[str, Any]:
    """What decides a student's replies, for fingerprints: the nano's name, the directory's content wherever it lies, or the hub id."""
    if is_nano(model) or not is_local(model):
        return {"model": model}
    return {"content": _content(Path(model).expanduser())}


def sizes(model: str, vocabulary: int) -> dict[str, Any]:
    """A student's row for the table `students`, without its name: family, parameters (all), non_embedding, nano, path.

    Counted on the architecture without making the weights; tied embeddings count once. `vocabulary` is that of the nano tokenizer.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    place = str(Path(model).expanduser()) if is_local(model) else model
    settings = config(model, vocabulary) if is_nano(model) else AutoConfig.from_pretrained(place)
    with torch.device("meta"):
        empty: Any = AutoModelForCausalLM.from_config(settings)  # type: ignore[no-untyped-call]
    empty.tie_weights()
    embeddings = {id(m.weight): m.weight.numel() for m in (empty.get_input_embeddings(), empty.get_output_embeddings()) if m is not None}
    parameters = empty.num_parameters()
    return {
        "family": settings.model_type,
        "parameters": parameters,
        "non_embedding": parameters - sum(embeddings.values()),
        "nano": is_nano(model),
        "path": model,
    }


def _content(path: Path) -> str:
    """Hash over the files of a model directory: every byte, since a student with one changed tensor is another student."""
    files = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    told = [f"{file.name}\0{_bytes(file, file.stat().st_size, file.stat().st_mtime_ns)}" for file in files]
    return hashlib.sha256("\n".join(told).encode("utf-8", "surrogateescape")).hexdigest()[:32]


@functools.lru_cache(maxsize=256)  # a study asks once for each of a student's cells
def _bytes(file: Path, _size: int, _modified: int) -> str:
    return of_files(file)
