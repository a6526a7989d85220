"""The conversations to read, side by side: person, reference, every system's reply."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidelab.report.choose import choose
from tidelab.report.names import label, marks
from tidelab.report.numbers import count, many

if TYPE_CHECKING:
    from tidelab.report.data import Study

LONGEST = 2000  # characters of one text that the page shows
_STOPS = {"stop": "stopped by itself", "length": "cut at the limit", "error": "no reply"}


@dataclass(frozen=True)
class Said:
    """One system's reply; `reason` where there is none."""

    name: str
    condition: str
    marks: tuple[str, ...]
    text: str
    stop: str
    tokens: str
    reason: str


@dataclass(frozen=True)
class Read:
    """One conversation with all replies."""

    conversation_id: str
    source: str
    theme: str
    risk: str
    opening: str
    person: str
    reference: str
    students: list[Said]
    floors: list[Said]


def readings(study: Study) -> list[Read]:
    """The chosen conversations in the order of the choice."""
    ids = choose(study.test, study.seed)
    conversations = {row["conversation_id"]: row for row in study.test.to_dicts() if row["conversation_id"] in set(ids)}
    replies = {
        (row["conversation_id"], row["system_id"]): row
        for row in study.replies.filter(study.replies["conversation_id"].is_in(ids)).to_dicts()
    }
    result = []
    for conversation_id in ids:
        c = conversations[conversation_id]
        said: dict[bool, list[Said]] = {True: [], False: []}
        for system_id in study.systems:
            row = replies.get((conversation_id, system_id))
            if row is None:
                continue
            name, condition = label(system_id)
            floor = condition == "floor"
            tokens = "" if row["reply_tokens"] is None else many(row["reply_tokens"], "token")
            reason = (row["unscored_reason"] or "no reason given") if row["text"] is None else ""
            stop = "" if floor else _STOPS[row["stop_reason"]]
            said[floor].append(Said(name, condition, marks(system_id, study.nano), plain(row["text"] or ""), stop, tokens, reason))
        result.append(
            Read(
                conversation_id=conversation_id,
                source=c["source"],
                theme=c["theme"],
                risk=c["risk"],
                opening=_opening(c["person"]),
                person=plain(c["person"]),
                reference=plain(c["chatbot"]),
                students=said[False],
                floors=said[True],
            )
        )
    return result


def plain(text: str, longest: int = LONGEST) -> str:
    """Text that is safe to show: control characters (NUL too) and direction overrides become visible, long texts are cut and say so."""
    shown = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    if len(shown) <= longest:
        return shown
    return f"{shown[:longest].rstrip()} … [cut here: {count(len(text.split()))} words in all]"


def _opening(text: str) -> str:
    words = plain(text).split()
    return " ".join(words[:12])[:90] + (" …" if len(words) > 12 else "")
