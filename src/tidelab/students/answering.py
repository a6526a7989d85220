"""answering: the engine that a study names, loaded with a student or started for it, and held against the reference engine first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tidelab.engines import gguf, openvino, started
from tidelab.engines.agreement import agreement
from tidelab.engines.base import Engine, Prompt
from tidelab.engines.directory import is_local
from tidelab.engines.loading import load_model, load_tokenizer
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError
from tidelab.experiment import Calls
from tidelab.experiment import Engine as Settings
from tidelab.students.as_gguf import TOKENS, as_gguf
from tidelab.students.nano import is_nano

BAR = 0.9
"""Top-1 agreement with the reference under which an engine answers another student, or in another format."""
WHOLE, WORDS, ANSWERS = "whole", "server.log", "answers.db"


@contextmanager
def answering(settings: Settings, calls: Calls, source: str, adapter: Path | None, work: Path) -> Iterator[Engine]:
    """An engine that answers with the model at `source` (path or hub id) and its adapter; `work` is a folder for what it needs.

    For `openvino` and `llama.cpp` the student is merged and written as GGUF there, unless `source` is a directory of that form; what was
    written is deleted at the end. Raises TidelabError where the engine is not here, or can't load the student.
    """
    if settings.name == "transformers":
        yield TransformersEngine(source, adapter=adapter, max_new_tokens=settings.max_new_tokens, dtype=settings.dtype)
        return
    whole = work / WHOLE
    with ExitStack() as open_:
        open_.callback(shutil.rmtree, whole, ignore_errors=True)
        if settings.name == "vllm":
            named = open_.enter_context(started.started("vllm", _directory(source, whole), work / WORDS, adapter))
            yield _asked(named, settings, calls, work)
            return
        place = Path(source).expanduser() if is_gguf(source) else as_gguf(source, adapter, whole, "f16")
        if settings.name == "openvino":
            yield openvino.OpenVinoEngine(place, max_new_tokens=settings.max_new_tokens)
            return
        named = open_.enter_context(started.started("llama.cpp", openvino.gguf_file(place), work / WORDS))
        yield _asked(named, settings, calls, work)


def check(settings: Settings, models: Sequence[str]) -> None:
    """Before a run: what the engine needs is here, and it can load these. Raises TidelabError."""
    if not models:
        return
    if settings.name == "openvino":
        openvino.check_installed()
        for model in models:
            if is_nano(model):
                openvino.check_kind("lfm2", model)
            elif is_local(model):
                openvino.check_kind(str(openvino.config(Path(model).expanduser()).get("model_type")), model)
    elif settings.name != "transformers":
        started.command(settings.name, Path(), 0)
    if settings.name in ("openvino", "llama.cpp") and not all(map(is_gguf, models)):
        gguf.check_converter()


def is_gguf(model: str) -> bool:
    """Whether it is a directory with a GGUF file, which those engines take as it is."""
    return is_local(model) and bool(list(Path(model).expanduser().glob("*.gguf")))


def reads_gguf(directory: Path) -> Settings | None:
    """The engine here that reads the directory's GGUF file: OpenVINO, else llama.cpp's server; None where there is neither."""
    kind = str(openvino.config(directory).get("model_type"))
    if openvino.installed() and kind in openvino.ARCHITECTURES:
        return Settings(name="openvino", max_new_tokens=TOKENS)
    return Settings(name="llama.cpp", max_new_tokens=TOKENS) if os.environ.get(gguf.SERVER) else None


def held(settings: Settings, source: str, adapter: Path | None, engine: Engine, prompts: Sequence[Prompt]) -> dict[str, Any]:
    """The engine against the reference on some prompts: facts for the cell. Raises TidelabError where it answers another student.

    With an adapter, the base answers them too: the engine must be nearer to the taught student than to that, or the adapter is lost.
    """
    reference = TransformersEngine(source, adapter=adapter, max_new_tokens=settings.max_new_tokens, dtype=settings.dtype)
    expected, found = reference.answer(prompts), engine.answer(prompts)
    alike = agreement(reference.tokenizer, expected, found)
    facts: dict[str, Any] = alike._asdict()
    if not alike.same_token >= BAR:  # NaN too, where nothing was answered
        mend = "take engine.name: transformers; or look at the server's log and its chat template"
        what = f"{engine.identity} chooses the reference's token in {alike.same_token:.0%} of cases, less than {BAR:.0%}"
        raise TidelabError(what, where="engine.name", mend=mend)
    if adapter is not None:
        untaught = TransformersEngine(source, max_new_tokens=settings.max_new_tokens, dtype=settings.dtype).answer(prompts)
        facts["same_token_as_base"] = agreement(reference.tokenizer, untaught, found).same_token
        apart = [i for i, (a, b) in enumerate(zip(untaught, expected, strict=True)) if a.text != b.text]
        if apart and all(found[i].text == untaught[i].text for i in apart):
            raise TidelabError("the adapter has no effect on this engine", where="engine.name", mend="take engine.name: transformers")
    return facts


def _directory(source: str, whole: Path) -> Path:
    """Where the model lies; one of a hub is saved there, at the revision that the study takes."""
    if is_local(source):
        return Path(source).expanduser()
    load_model(source).save_pretrained(whole)
    load_tokenizer(source)[0].save_pretrained(whole)
    return whole


def _asked(named: str, settings: Settings, calls: Calls, work: Path) -> Engine:
    from tidelab.students.asked import Asked

    return Asked(named, work / ANSWERS, calls, settings.max_new_tokens, greedy=True)
