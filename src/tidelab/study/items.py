"""What is rated: conversations of a run sampled by theme and risk, and the replies that systems gave them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tidelab.errors import TidelabError

if TYPE_CHECKING:
    from tidelab.run import RunDirectory

REFERENCE = "reference"
MEND = "carry the run out as far as the replies: `tide run PRESET --out DIR`"


@dataclass(frozen=True)
class Stimulus:
    """One arm as it is shown: a conversation's first turn and one system's reply."""

    conversation_id: str
    system_id: str
    person: str
    reply: str
    theme: str
    risk: str

    def row(self) -> dict[str, str]:
        """As a row of the database."""
        return asdict(self)


def systems(run: RunDirectory) -> list[str]:
    """The reference and all systems that have replied in the run."""
    from urllib.parse import unquote

    folder = run.path / "replies"
    found = sorted(unquote(p.name) for p in folder.iterdir() if run.done(f"replies/{unquote(p.name)}")) if folder.is_dir() else []
    return [REFERENCE, *found]


def sample(run: RunDirectory, chosen: list[str], count: int, seed: int) -> list[str]:
    """`count` conversation ids for which all `chosen` systems have a reply: as many as can be of each theme and risk, in a seeded order.

    Conversations that people or teachers wrote come before those of the rehearsal grammar.
    """
    complete = _complete(run, chosen)
    strata: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in complete.values():
        strata[row["theme"], row["risk"]].append(row)
    for rows in strata.values():
        rows.sort(key=lambda r: (r["source"] == "rehearsal", _shuffled(f"{seed} {r['conversation_id']}")))
    picked: list[str] = []
    turns = sorted(strata, key=lambda s: _shuffled(f"{seed} {s}"))
    while len(picked) < count and any(strata.values()):
        for stratum in turns:
            if strata[stratum] and len(picked) < count:
                picked.append(strata[stratum].pop(0)["conversation_id"])
    if not picked:
        raise TidelabError("no test conversation has a reply of every chosen system", where=str(run.path), mend="choose other --system")
    return picked


def stimuli(run: RunDirectory, items: list[str], chosen: list[str]) -> list[Stimulus]:
    """All arms with their texts. TidelabError naming the first one that the run has no text for."""
    complete = _complete(run, chosen)
    for item in items:
        if item not in complete:
            mend = "take it out of `items`, or take the system without a reply out of `systems`"
            raise TidelabError(f"`{item}` is no test conversation with a reply of every system", where="study.yaml: items", mend=mend)
    return [
        Stimulus(item, system, complete[item]["person"], complete[item]["replies"][system], complete[item]["theme"], complete[item]["risk"])
        for item in items
        for system in chosen
    ]


def _complete(run: RunDirectory, chosen: list[str]) -> dict[str, dict[str, Any]]:
    """Test conversations for which every chosen system has said something, with `replies` {system: text}."""
    import polars as pl

    if run.done("corpus/split") is None:
        raise TidelabError("the run has no finished `corpus/split`", where=str(run.path), mend=MEND)
    talk = pl.read_parquet(run.cell_dir("corpus/split") / "conversations.parquet").filter(pl.col("split") == "test")
    rows = {row["conversation_id"]: row | {"replies": {}} for row in talk.to_dicts()}
    for system in chosen:
        if system == REFERENCE:
            said = {key: row["chatbot"] for key, row in rows.items()}
        elif run.done(f"replies/{system}") is None:
            known = ", ".join(f"`{s}`" for s in systems(run))
            raise TidelabError(f"the run has no replies of `{system}`", where="study.yaml: systems", mend=f"systems of this run: {known}")
        else:
            replies = pl.read_parquet(run.cell_dir(f"replies/{system}") / "replies.parquet")
            said = dict(replies.select("conversation_id", "text").iter_rows())
        for key, row in rows.items():
            if (said.get(key) or "").strip():
                row["replies"][system] = said[key]
    return {key: row for key, row in rows.items() if len(row["replies"]) == len(set(chosen))}


def _shuffled(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
