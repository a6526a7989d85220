"""The roster: what a student's `model` names, how large it is, and what identifies its weights."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from tidelab.engines import provider
from tidelab.engines.chat_format import prompt_ids
from tidelab.engines.directory import check_directory, is_local
from tidelab.engines.loading import check_vocabulary, load_config, load_tokenizer
from tidelab.errors import TidelabError
from tidelab.run.fingerprint import of_files
from tidelab.students.known import known, pinned
from tidelab.students.memory import dimensions
from tidelab.students.messages import ask
from tidelab.students.nano import LADDER, config, is_nano, shape


def is_served(model: str) -> bool:
    """Whether a student's `model` is one that a server answers for."""
    return model.startswith("openai-compatible:")


def check_model(model: str) -> None:
    """Raises TidelabError for a name that is no nano student, no usable directory and no hub id. Asks no hub: `check_hub` does."""
    if is_nano(model):
        shape(model)
    elif is_served(model):
        provider.parse(model)
    elif is_local(model):
        check_directory(Path(model).expanduser())
        tokenizer, _ = load_tokenizer(model)
        check_vocabulary(tokenizer, load_config(model), model)
        prompt_ids(tokenizer, ask("Hi"))
    elif model.partition("@")[0].count("/") != 1 or not all(model.split("/")):
        raise TidelabError(
            f"{model!r} is no student: no such path here, and no hub id",
            where="students",
            mend=f"give {', '.join(LADDER)}, the path of a model directory, a hub id as owner/name or owner/name@revision, "
            "or a server as openai-compatible:URL#MODEL",
        )


def check_hub(model: str) -> None:
    """Raises TidelabError where a hub's model is gated, has lost its revision, or can't be had. Fetches its configuration alone."""
    if not (is_nano(model) or is_served(model) or is_local(model)):
        load_config(pinned(model))


def identity(model: str) -> dict[str, Any]:
    """What decides a student's replies, for fingerprints: the nano's name, the directory's content wherever it lies, or the hub id
    with its revision.
    """
    if is_served(model):
        return {"model": provider.identity(model)}
    if is_nano(model) or not is_local(model):
        return {"model": pinned(model)}
    return {"content": _content(Path(model).expanduser())}


def settings(model: str, vocabulary: int) -> Any:
    """A student's configuration; `vocabulary` is that of the nano tokenizer. What is known of a hub's model is not asked for again."""
    from transformers import AutoConfig

    if is_nano(model):
        return config(model, vocabulary)
    entry = known().get(model)
    if entry is None:
        return load_config(model)
    told = dict(entry.config)
    return AutoConfig.for_model(told.pop("model_type"), max_position_embeddings=entry.context, **told)


def sizes(model: str, vocabulary: int) -> dict[str, Any]:
    """A student's row for the table `students`, without its name: family, parameters (all), non_embedding, nano, path.

    Counted on the architecture without making the weights; tied embeddings count once. `vocabulary` is that of the nano tokenizer.
    A server doesn't say how large its model is: its sizes are 0.
    """
    if is_served(model):
        return {"family": "served", "parameters": 0, "non_embedding": 0, "nano": False, "path": provider.identity(model)}
    of = settings(model, vocabulary)
    counted = dimensions(of)
    return {
        "family": of.model_type,
        "parameters": counted.parameters,
        "non_embedding": counted.non_embedding,
        "nano": is_nano(model),
        "path": pinned(model),
    }


def _content(path: Path) -> str:
    """Hash over the files of a model directory: every byte, since a student with one changed tensor is another student."""
    files = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    told = [f"{file.name}\0{_bytes(file, file.stat().st_size, file.stat().st_mtime_ns)}" for file in files]
    return hashlib.sha256("\n".join(told).encode("utf-8", "surrogateescape")).hexdigest()[:32]


@functools.lru_cache(maxsize=256)  # a study asks once for each of a student's cells
def _bytes(file: Path, _size: int, _modified: int) -> str:
    return of_files(file)
