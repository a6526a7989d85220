"""The gallery: conversations to read side by side, person, reference and every system's reply, with how replies failed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidelab.report.acts import REFERENCE, pieces, spans
from tidelab.report.names import label, marks
from tidelab.report.numbers import count, many

if TYPE_CHECKING:
    from tidelab.report.data import Study
    from tidelab.report.failures import Failed

LONGEST = 2000  # characters of one text that the page shows
_STOPS = {"stop": "stopped by itself", "length": "cut at the limit", "error": "no reply"}


@dataclass(frozen=True)
class Said:
    """One system's reply; `reason` where there is none."""

    system_id: str
    name: str
    condition: str
    marks: tuple[str, ...]
    text: list[tuple[str, str]]  # words and the factor they serve, empty for none
    stop: str
    tokens: str
    reason: str
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """One conversation with all replies; `drawn` is False where it was added because a reply failed."""

    conversation_id: str
    source: str
    theme: str
    risk: str
    opening: str
    person: str
    reference: list[tuple[str, str]]
    students: list[Said]
    floors: list[Said]
    drawn: bool

    @property
    def failed(self) -> list[tuple[str, str]]:
        """(system_id, kind of failure) of its replies."""
        return [(s.system_id, kind) for s in (*self.students, *self.floors) for kind in s.failed]


def readings(study: Study, failed: Failed) -> list[Read]:
    """The chosen conversations in the order of the choice: drawn ones first."""
    ids = [conversation_id for conversation_id, _ in study.chosen]
    serve = {} if study.marked is None else spans(study.marked)
    conversations = {row["conversation_id"]: row for row in study.test.filter(study.test["conversation_id"].is_in(ids)).to_dicts()}
    replies = {
        (row["conversation_id"], row["system_id"]): row
        for row in study.replies.filter(study.replies["conversation_id"].is_in(ids)).to_dicts()
    }
    result = []
    for conversation_id, drawn in study.chosen:
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
            kinds = failed.get((conversation_id, system_id), ())
            text = pieces(plain(row["text"] or ""), serve.get((conversation_id, system_id), ()))
            said[floor].append(Said(system_id, name, condition, marks(system_id, study.nano), text, stop, tokens, reason, kinds))
        result.append(
            Read(
                conversation_id=conversation_id,
                source=c["source"],
                theme=c["theme"],
                risk=c["risk"],
                opening=_opening(c["person"]),
                person=plain(c["person"]),
                reference=pieces(plain(c["chatbot"]), serve.get((conversation_id, REFERENCE), ())),
                students=said[False],
                floors=said[True],
                drawn=drawn,
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
