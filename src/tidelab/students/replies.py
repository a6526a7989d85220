"""Replies: every system answers the test conversations; what came back is kept with how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tidelab.engines.base import Answer, Engine, Prompt
from tidelab.records import Reply, frame, row
from tidelab.students.copying import copied
from tidelab.students.floors import Floor
from tidelab.students.messages import ask, system_prompt_hash
from tidelab.students.similar import Similar

if TYPE_CHECKING:
    import polars as pl

    from tidelab.run.cells import Work

FLOOR_BATCH = 256


def by_engine(
    work: Work,
    system_id: str,
    test: pl.DataFrame,
    training: Sequence[str],
    engine: Engine,
    batch_size: int,
    examples: Similar | None = None,
    told: Mapping[str, str] | None = None,
) -> None:
    """Table `replies` of a student. Prompts of like length go together, so that little is padding; the order is fixed by the corpus.

    `examples` finds what a few-shot prompt shows; the most similar one stands last, next to the person's words. `told` has the system
    prompt for each persona_id; without it, and for a persona that is not in it, the plain one is used.
    """

    def do(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        people = [r["person"] for r in rows]
        shown = [found[::-1] for found in examples(people)] if examples else [[] for _ in people]
        heads = [(told or {}).get(r["persona_id"], "") for r in rows]
        answers = engine.answer([Prompt(ask(*turns)) for turns in zip(people, shown, heads, strict=True)])
        return [_reply(r["conversation_id"], system_id, answer, engine.identity) for r, answer in zip(rows, answers, strict=True)]

    items = sorted(test.to_dicts(), key=lambda r: (len(r["person"]), r["conversation_id"]))
    _keep(work, test, training, work.batches(items, batch_size, do))
    work.note(engine=engine.identity, system_prompt=system_prompt_hash())


def by_floor(work: Work, system_id: str, test: pl.DataFrame, training: Sequence[str], floor: Floor) -> None:
    """Table `replies` of a floor, which has no tokens and always ends."""

    def do(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        texts = floor([r["person"] for r in rows])
        return [_reply(r["conversation_id"], system_id, Answer(text, "stop"), system_id) for r, text in zip(rows, texts, strict=True)]

    _keep(work, test, training, work.batches(test.to_dicts(), FLOOR_BATCH, do))


def _reply(conversation_id: str, system_id: str, answer: Answer, engine: str) -> dict[str, Any]:
    return row(
        Reply(
            conversation_id=conversation_id,
            system_id=system_id,
            text=answer.text,
            stop_reason=answer.stop_reason,
            prompt_tokens=answer.prompt_tokens,
            reply_tokens=answer.reply_tokens,
            thinking_tokens=answer.thinking_tokens,
            seconds=answer.seconds,
            engine=engine,
            unscored_reason=answer.reason,
        )
    )


def _keep(work: Work, test: pl.DataFrame, training: Sequence[str], rows: list[dict[str, Any]]) -> None:
    replies = frame(Reply, rows).sort("conversation_id")
    work.write("replies", replies)
    sources = dict(test.select("conversation_id", "source").iter_rows())
    by_source: dict[str, list[dict[str, Any]]] = {}
    for reply in replies.to_dicts():
        by_source.setdefault(sources[reply["conversation_id"]], []).append(reply)
    work.note(behaviour={source: _behaviour(some, training) for source, some in sorted(by_source.items())})


def _behaviour(replies: list[dict[str, Any]], training: Sequence[str]) -> dict[str, Any]:
    """Counts and shares over one source's replies: how many there are, ended by themselves, are unscored, thought aloud, are copied."""
    texts = [r["text"] for r in replies if r["text"] is not None]
    shares: dict[str, Callable[[dict[str, Any]], bool]] = {
        "stopped": lambda r: r["stop_reason"] == "stop",
        "unscored": lambda r: r["text"] is None,
        "blank": lambda r: r["text"] is not None and not r["text"].strip(),
        "thinking": lambda r: bool(r["thinking_tokens"]),
    }
    counted = {name: sum(map(test, replies)) / len(replies) for name, test in shares.items()}
    return {"replies": len(replies), **counted, "copied": copied(texts, training)}
