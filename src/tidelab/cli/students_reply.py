"""`tide students reply`: what a student says."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from tidelab.engines.base import Answer

STUDENT = typer.Argument(help="a model directory, an adapter's directory, or a hub id", show_default=False)


def register(students: typer.Typer) -> None:
    """Adds the verb."""
    students.command(epilog='Example:  tide students reply DIR "I have not slept since the fire."')(reply)


def reply(
    student: Annotated[str, STUDENT],
    person: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="what persons say; --data where left out")] = None,
    data: Annotated[str | None, typer.Option(help="a data set or run whose persons are answered; one JSON line each")] = None,
    base: Annotated[str | None, typer.Option(help="the model beneath an adapter, where it lies elsewhere now")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="answer only the first N")] = None,
    batch: Annotated[int, typer.Option(min=1, help="prompts answered together; halved where memory runs out")] = 16,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="tokens after which a reply is cut")] = 256,
    engine: Annotated[
        Literal["transformers", "openvino", "llama.cpp", "vllm"], typer.Option(help="what answers, see docs/engines.md")
    ] = "transformers",
    dtype: Annotated[Literal["fp32", "bf16"], typer.Option(help="number format of the weights")] = "fp32",
    show_prompts: Annotated[bool, typer.Option("--show-prompts", help="print the exact prompts; load no weights")] = False,
    json: Annotated[bool, typer.Option("--json", help="one JSON line for each reply, as they come")] = False,
) -> None:
    """Let a student answer, with the prompt of a zero-shot or fine-tuned study."""
    from tidelab.engines.base import Prompt
    from tidelab.engines.chat_format import prompt_text
    from tidelab.engines.loading import load_tokenizer
    from tidelab.experiment import Calls, Engine
    from tidelab.students.answering import answering
    from tidelab.students.messages import ask
    from tidelab.students.placed import placed

    asked = _asked(person or [], data)[:limit]
    found = placed(student, base)
    if show_prompts:
        tokenizer, _ = load_tokenizer(found.model)
        for _, said in asked:
            print(prompt_text(tokenizer, ask(said)))
        return
    settings = Engine(name=engine, batch_size=batch, max_new_tokens=max_new_tokens, dtype=dtype)
    with TemporaryDirectory() as work, answering(settings, Calls(), found.model, found.adapter, Path(work)) as answers:
        for start in range(0, len(asked), batch):
            some = asked[start : start + batch]
            for (name, said), answer in zip(some, answers.answer([Prompt(ask(said)) for _, said in some]), strict=True):
                print(_line(name, said, answer) if json or data else _told(answer), flush=True)


def _line(name: str, said: str, answer: Answer) -> str:
    told = {"conversation_id": name, "person": said, "text": answer.text, "stop_reason": answer.stop_reason}
    counts = {key: getattr(answer, key) for key in ("prompt_tokens", "reply_tokens", "thinking_tokens")}
    return json_module.dumps(told | counts | {"reason": answer.reason}, ensure_ascii=False)


def _told(answer: Answer) -> str:
    cut = " [cut]" if answer.stop_reason == "length" else ""
    return f"no reply: {answer.reason}" if answer.text is None else f"{answer.text}{cut}"


def _asked(person: list[str], data: str | None) -> list[tuple[str, str]]:
    """(conversation_id, what the person says) of the arguments or of a data set."""
    from tidelab.errors import TidelabError

    if bool(person) == (data is not None):
        raise TidelabError("what the student is to answer is not clear", where="tide students reply", mend="give TEXT, or --data SOURCE")
    if data is None:
        return [(f"text-{number}", said) for number, said in enumerate(person, 1)]
    from tidelab.corpus.opened import opened

    return [(conversation.conversation_id, conversation.person) for conversation in opened(data).conversations]
