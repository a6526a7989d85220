"""entry: a student's line in the roster; what is not known of it is derived from its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tidelab.engines.chat_format import end_ids
from tidelab.engines.directory import is_local
from tidelab.engines.loading import load_tokenizer
from tidelab.errors import TidelabError
from tidelab.students.known import known, named
from tidelab.students.memory import dimensions, to_answer, to_teach
from tidelab.students.nano import is_nano
from tidelab.students.roster import check_model, is_served, settings
from tidelab.students.teach import LARGE


def entry(model: str, *, length: int, batch: int, rank: int) -> dict[str, Any]:
    """model, revision, parameters, non_embedding, licence, gate, format, stop, context (tokens), memory (bytes).

    Memory: to `answer`, and to teach by `lora`, `qlora` and `full`.
    A directory's tokenizer and configuration are read; so are those of a hub id that is not known. Raises TidelabError.
    """
    check_student(model)
    of = settings(model, 0)
    counted = dimensions(of)
    teaching: dict[str, Any] = {"batch": batch, "length": length, "rank": rank, "checkpointing": counted.parameters > LARGE}
    memory = {
        "answer": to_answer(counted, batch, length, "bf16"),
        "lora": to_teach(counted, "lora", **teaching),
        "qlora": to_teach(counted, "qlora", **teaching),
        "full": to_teach(counted, "full", **teaching),
    }
    sizes = {"parameters": counted.parameters, "non_embedding": counted.non_embedding}
    return {"model": model, **sizes, **_told(model, of), "memory": memory}


def check_student(model: str) -> None:
    """Raises TidelabError unless `model` can be looked at by itself: a nano student is made inside a run."""
    if is_nano(model):
        raise TidelabError(
            f"{model} is made by a run and has no files before",
            where="MODEL",
            mend=f"give the directory that a run made: runs/NAME/students/{model.replace(':', '-')}/base",
        )
    if is_served(model):
        raise TidelabError("a server's model has no files here", where="MODEL", mend="give its directory or hub id")
    check_model(model)


def _told(model: str, of: Any) -> dict[str, Any]:
    if model in known():
        facts = known()[model]
        told = {"revision": facts.revision, "licence": facts.licence, "gate": facts.gate, "format": facts.format}
        return told | {"stop": list(facts.stop), "context": facts.context}
    tokenizer, _ = load_tokenizer(model)
    stop = tokenizer.convert_ids_to_tokens(end_ids(tokenizer))
    context = getattr(of.get_text_config(), "max_position_embeddings", 0)
    unknown = {"revision": named(model)[1], "licence": _licence(model), "gate": "unknown", "format": "its own template"}
    return unknown | {"stop": stop, "context": context}


def _licence(model: str) -> str:
    """As the front matter of the model's card says, where it lies beside the weights."""
    card = Path(model).expanduser() / "README.md"
    if is_local(model) and card.is_file():
        from huggingface_hub import ModelCard

        return str(ModelCard.load(card, ignore_metadata_errors=True).data.license or "unknown")
    return "unknown"
