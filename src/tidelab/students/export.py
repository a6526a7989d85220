"""export: a taught student as a directory in hub form, with its card; a merged one is held against its adapter first."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

from tidelab.engines import gguf
from tidelab.engines.chat_format import prompt_ids
from tidelab.engines.directory import check_directory
from tidelab.engines.loading import load_model, load_tokenizer
from tidelab.engines.quiet import quiet
from tidelab.errors import TidelabError
from tidelab.experiment import Calls
from tidelab.students import answering, card
from tidelab.students.as_gguf import Held, as_gguf, compare
from tidelab.students.messages import ask
from tidelab.students.placed import Placed

Form = Literal["merged", "adapter", "gguf"]
TOLERANCE = 1e-3
"""Greatest difference of a log-probability, in nats, between merged and adapter in fp32: adding the update first rounds otherwise."""


class Compared(NamedTuple):
    """Merged against adapter, over all tokens of the prompts."""

    prompts: int
    tokens: int
    difference: float
    """Greatest difference of a log-probability, in nats."""
    agreement: float
    """Share of tokens after which both would write the same one."""


def export(student: Placed, to: Form, out: Path, people: Sequence[str], kind: gguf.Type = "f16") -> dict[str, Any]:
    """Writes the directory and its README.md; the facts of the card. `people` are what is compared on.

    With `gguf` the facts hold `held` (`as_gguf.Held`), None where nothing here can read the file. `kind` is its type.

    A student of which every weight was taught is whole already: it is copied. Raises TidelabError where `out` holds something, where
    nothing was taught, or where merged and adapter differ.
    """
    if out.exists() and any(out.iterdir()):
        raise TidelabError("holds other things", where=str(out), mend="choose another --out, or an empty directory")
    if student.adapter is None and (to == "adapter" or not (Path(student.model) / "done.json").exists()):
        raise TidelabError(
            "is a whole model without adapter" if to == "adapter" else "is a whole model that no run has taught",
            where=student.model,
            mend="give the directory that a run taught: runs/NAME/students/STUDENT@fine-tuned; --to adapter needs method lora",
        )
    facts = card.facts(student)
    if to == "gguf":
        facts |= {"gguf": kind, "held": _gguf(student, out, people, kind)}
    elif student.adapter is None:
        _copy(Path(student.model), out)
    elif to == "adapter":
        _copy(student.adapter, out)
        card.name_the_base(out, student.model)
    else:
        facts |= {"compared": _merge(student, out, people)._asdict()}
    (out / "README.md").write_text(card.card(facts, to), "utf-8")
    return facts


def _gguf(student: Placed, out: Path, people: Sequence[str], kind: gguf.Type) -> Held | None:
    """In a directory beside `out` first; kept where its replies are the student's, or nothing here can read it."""
    making = as_gguf(student.model, student.adapter, _beside(out), kind)
    held = None
    if (engine := answering.reads_gguf(making)) is not None:
        with TemporaryDirectory() as work, answering.answering(engine, Calls(), str(making), None, Path(work)) as loaded:
            held = compare(student, loaded, kind, people)
    _keep(making, out)
    return held


def _copy(source: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.iterdir()):
        if file.is_file() and file.name not in card.NOT_PUBLISHED:
            shutil.copyfile(file, out / file.name)


def _merge(student: Placed, out: Path, people: Sequence[str]) -> Compared:
    """In a directory beside `out` first, so that `out` is whole or not there."""
    from peft import PeftModel

    quiet()
    tokenizer, _ = load_tokenizer(student.model)
    prompts = [prompt_ids(tokenizer, ask(person)) for person in people]
    tuned = PeftModel.from_pretrained(load_model(student.model), str(student.adapter)).eval()
    expected = [_log_probabilities(tuned, ids) for ids in prompts]
    making = _beside(out)
    shutil.rmtree(making, ignore_errors=True)
    merged: Any = tuned.merge_and_unload()
    merged.save_pretrained(making)
    tokenizer.save_pretrained(making)
    check_directory(making)
    found = load_model(str(making))  # what was written, not what is in memory
    compared = _compare(expected, [_log_probabilities(found, ids) for ids in prompts])
    if compared.difference > TOLERANCE:
        raise TidelabError(
            f"merged and adapter differ by {compared.difference:.2g} nats, more than {TOLERANCE:g}",
            where=str(making),
            mend="publish the adapter instead: --to adapter",
        )
    _keep(making, out)
    return compared


def _beside(out: Path) -> Path:
    return out.parent / f".{out.name}.part"


def _keep(making: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        out.rmdir()
    making.rename(out)


def _log_probabilities(model: Any, ids: list[int]) -> Any:
    import torch

    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids], device=model.device)).logits[0].float().log_softmax(dim=-1).cpu()


def _compare(expected: list[Any], found: list[Any]) -> Compared:
    pairs = list(zip(expected, found, strict=True))
    tokens = sum(len(a) for a, _ in pairs)
    same = sum(int((a.argmax(-1) == b.argmax(-1)).sum()) for a, b in pairs)
    return Compared(len(pairs), tokens, max(float((a - b).abs().max()) for a, b in pairs), same / tokens)
