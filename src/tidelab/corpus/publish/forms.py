"""The forms in which a corpus is published, each a function that fills a directory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tidelab.corpus import flat
from tidelab.corpus.formats import nested
from tidelab.corpus.publish.opened import Corpus
from tidelab.errors import TidelabError
from tidelab.records import Conversation

if TYPE_CHECKING:
    import polars as pl

SHARD_ROWS = 50_000
UNSPLIT = "whole"
"""Name of the only split of a corpus that was not split; the hub keeps `all` for itself."""


def by_split(corpus: Corpus) -> dict[str, list[Conversation]]:
    """Conversations by split, in the order train, validation, test."""
    splits: dict[str, list[Conversation]] = {name: [] for name in ("train", "validation", "test", UNSPLIT)}
    for c in corpus.conversations:
        splits[c.split or UNSPLIT].append(c)
    return {name: rows for name, rows in splits.items() if rows}


def jsonl(corpus: Corpus, out: Path) -> None:
    """`conversations.jsonl`: one flat row a line, its provenance as JSON text, since table readers want one shape for every row."""
    with (out / "conversations.jsonl").open("w", encoding="utf-8") as file:
        for row in _rows(corpus, corpus.conversations):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def parquet(corpus: Corpus, out: Path) -> None:
    """`conversations.parquet`: one table of flat rows."""
    _table(corpus, corpus.conversations).write_parquet(out / "conversations.parquet", compression="zstd")


def hf(corpus: Corpus, out: Path) -> None:
    """`data/SPLIT-00000-of-0000N.parquet`: shards of flat rows, as the hub keeps them."""
    (out / "data").mkdir()
    for split, conversations in by_split(corpus).items():
        starts = range(0, len(conversations), SHARD_ROWS)
        for number, start in enumerate(starts):
            name = f"{split}-{number:05d}-of-{len(starts):05d}.parquet"
            _table(corpus, conversations[start : start + SHARD_ROWS]).write_parquet(out / "data" / name, compression="zstd")


def chat(corpus: Corpus, out: Path) -> None:
    """`SPLIT.jsonl`: `messages` of user and assistant, as trainers of chat models read them."""
    for split, conversations in by_split(corpus).items():
        with (out / f"{split}.jsonl").open("w", encoding="utf-8") as file:
            for c in conversations:
                messages = [{"role": "user", "content": c.person}, {"role": "assistant", "content": c.chatbot}]
                named = {"conversation_id": c.conversation_id, "persona_id": c.persona_id, "source": c.source, "licence": c.licence}
                file.write(json.dumps({"messages": messages, **named}, ensure_ascii=False) + "\n")


def tide(corpus: Corpus, out: Path) -> None:
    """`conversations/N_conversation.json` and `metadata/N_metadata.json`, N naming the persona; what TIDE lacks stands in extra keys."""
    (out / "conversations").mkdir()
    (out / "metadata").mkdir()
    of: dict[str, list[Conversation]] = {}
    for c in corpus.conversations:
        of.setdefault(c.persona_id, []).append(c)
    for persona_id, conversations in of.items():
        name = _file_name(persona_id)
        if len(name) > 200:
            mend = "use --format jsonl, or shorten the ids"
            raise TidelabError("is too long to name a file", where=f"persona {persona_id[:40]}...", mend=mend)
        beyond = next((c.provenance["metadata"] for c in conversations if isinstance(c.provenance.get("metadata"), dict)), None)
        metadata = nested.write(corpus.personas[persona_id], beyond)
        if name != persona_id:
            metadata[nested.SAID_ID] = persona_id
        entries = {str(n): _entry(corpus, c) for n, c in enumerate(conversations, 1)}
        _json(out / "conversations" / f"{name}_conversation.json", {"conversations": entries})
        _json(out / "metadata" / f"{name}_metadata.json", metadata)


FORMS: dict[str, Callable[[Corpus, Path], None]] = {"tide": tide, "jsonl": jsonl, "parquet": parquet, "chat": chat, "hf": hf}


def _file_name(persona_id: str) -> str:
    """An id as the part of a file name that the reader of TIDE's form takes for a persona: quoted where it would be read otherwise."""
    name = quote(persona_id, safe=" ").replace("_conversation", "%5Fconversation")
    return f"%2E{name[1:]}" if name.startswith(".") else name


def _entry(corpus: Corpus, c: Conversation) -> dict[str, Any]:
    scenario = corpus.scenarios.get(c.scenario_id)
    said = c.model_dump() | (scenario.model_dump() if scenario else {})
    said["provenance"] = {k: v for k, v in c.provenance.items() if k != "metadata"}
    said.pop("persona_id")
    return {"person": c.person, "chatbot": c.chatbot} | {k: v for k, v in said.items() if v not in ("", None, {})}


def _rows(corpus: Corpus, conversations: list[Conversation]) -> Iterator[dict[str, Any]]:
    return flat.rows(conversations, corpus.personas, corpus.scenarios)


def _table(corpus: Corpus, conversations: list[Conversation]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(list(_rows(corpus, conversations)), schema=flat.columns(), orient="row")


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")
