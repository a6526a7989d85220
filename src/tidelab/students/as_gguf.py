"""as_gguf: a student, its adapter merged, as one GGUF file beside tokenizer and settings; and how near it comes to the student."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tidelab.engines import gguf
from tidelab.engines.agreement import Agreement, agreement
from tidelab.engines.base import Engine, Prompt
from tidelab.engines.loading import load_model, load_tokenizer
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError
from tidelab.students.messages import ask
from tidelab.students.placed import Placed

BAR = 0.99
"""Top-1 agreement with the merged model that an F16 file must reach; smaller types are measured and not held to it."""
TOKENS, BATCH = 96, 32


class Held(NamedTuple):
    """A GGUF file's replies against the student's own, greedy, on the same prompts."""

    engine: str
    agreement: Agreement
    own: list[str]
    replies: list[str]


def as_gguf(source: str, adapter: Path | None, out: Path, kind: gguf.Type) -> Path:
    """The student as a directory with one GGUF file, tokenizer and settings; `out` is made anew. Raises TidelabError."""
    gguf.check_converter(kind)
    shutil.rmtree(out, ignore_errors=True)
    tokenizer, _ = load_tokenizer(source)
    model = load_model(source, adapter=adapter)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    del model
    gguf.convert(out, out / f"model-{kind}.gguf", kind)
    for weights in [*out.glob("*.safetensors"), *out.glob("*.safetensors.index.json")]:
        weights.unlink()
    return out


def compare(student: Placed, engine: Engine, kind: gguf.Type, people: Sequence[str]) -> Held:
    """Raises TidelabError where an F16 file chooses other tokens than the student in more than one case of a hundred."""
    prompts = sorted((Prompt(ask(person)) for person in people), key=lambda p: len(p.messages[-1]["content"]))
    parts = [prompts[i : i + BATCH] for i in range(0, len(prompts), BATCH)]
    reference = TransformersEngine(student.model, adapter=student.adapter, max_new_tokens=TOKENS)
    own = [answer for part in parts for answer in reference.answer(part)]
    found = [answer for part in parts for answer in engine.answer(part)]
    alike = agreement(reference.tokenizer, own, found)
    if not alike.tokens:
        reason = next((a.reason for a in [*own, *found] if a.reason), "empty replies")
        raise TidelabError(
            f"no prompt was answered by both: {reason}", where=engine.identity, mend="export --to merged, and look at its replies"
        )
    if kind == "f16" and alike.same_token < BAR:
        raise TidelabError(
            f"the GGUF file chooses the student's token in {alike.same_token:.1%} of cases, less than {BAR:.0%}",
            where=engine.identity,
            mend="take a newer llama.cpp, which may convert this architecture better; publish --to merged until then",
        )
    both = [(a.text, b.text) for a, b in zip(own, found, strict=True) if a.text is not None and b.text is not None]
    return Held(engine.identity, alike, [a for a, _ in both], [b for _, b in both])
