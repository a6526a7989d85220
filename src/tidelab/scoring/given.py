"""Replies made elsewhere, as JSON Lines: each line becomes a row to score, or is refused with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidelab.errors import TidelabError
from tidelab.records import Conversation, Quarantined

LONGEST = 100_000
"""Characters of a reply; what is longer is unscored. 5,000 words have some 30,000."""
FIELDS = "`conversation_id`, `text` (or `reply`), and where wanted `system_id`, `person`, `reference` or `references`"
_SYSTEM = re.compile(r"[^/\x00-\x1f\x7f]{1,100}")
_MANY = 32  # references of one row
Row = dict[str, Any]


@dataclass
class Given:
    """What a file holds.

    rows    -- conversation_id, system_id, person, chatbot (the first reference), further (more of them), source, text, unscored_reason;
               systems in the order of the file, each with all conversations in the order of theirs
    refused -- lines that could not be used
    absent  -- conversations of the corpus that no system answered, where these were left out (`partial`)
    """

    rows: list[Row] = field(default_factory=list)
    refused: list[Quarantined] = field(default_factory=list)
    absent: int = 0

    @property
    def systems(self) -> list[str]:
        """In the order of the file."""
        return list(dict.fromkeys(row["system_id"] for row in self.rows))


def read(path: Path, conversations: Sequence[Conversation] | None, *, partial: bool = False, limit: int | None = None) -> Given:
    """Reads a file. TidelabError where it can't be opened or no line of it can be used.

    conversations -- what was answered; None where the rows bring `person` and `reference` themselves. A conversation without a
                     reply of a system is a row without text, and so is one that no system answered, unless `partial`.
    limit         -- only the first N conversations
    """
    known = None if conversations is None else {c.conversation_id: c for c in conversations}
    reader = _Reader(path, known)
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    reader.line(line, number)
    except OSError as error:
        raise TidelabError(f"can't be read: {error.strerror}", where=str(path), mend="give a JSON Lines file that you may read") from error
    given, found = reader.given, reader.found
    if not found:
        first = f"the first line: {given.refused[0].reason}" if given.refused else "it is empty"
        mend = f"write one JSON object a line with {FIELDS}"
        raise TidelabError(f"holds no reply that can be scored; {first}", where=str(path), mend=mend)
    answered = {conversation: row for (conversation, _), (_, row) in reversed(found.items())}
    in_order = list(dict.fromkeys(conversation for conversation, _ in found))
    expected = in_order if known is None else [c for c in known if not partial or c in answered]
    given.absent = 0 if known is None else len(known) - len(answered)
    for system in dict.fromkeys(system for _, system in found):
        for name in expected[:limit]:
            _, row = found.get((name, system), (0, None))
            given.rows.append(row or _missing(name, system, answered.get(name), known[name] if known is not None else None))
    return given


class _Reader:
    """Goes through the lines of a file."""

    def __init__(self, path: Path, known: Mapping[str, Conversation] | None) -> None:
        self.path, self.known, self.given = path, known, Given()
        self.found: dict[tuple[str, str], tuple[int, Row]] = {}
        """(conversation_id, system_id) -> line and row of its first reply."""

    def line(self, line: bytes, number: int) -> None:
        """Keeps the row of a line, or refuses it."""
        try:
            row = self._row(_object(line), number)
        except _RefusedError as refused:
            where = f"{self.path.name}:{number}"
            raw = line.decode("utf-8", "replace")[:2_000].replace("\x00", "\\x00")
            entry = Quarantined(conversation_id=refused.name or where, stage="read", reason=refused.reason, where=where, raw=raw)
            self.given.refused.append(entry)
        else:
            self.found[row["conversation_id"], row["system_id"]] = number, row

    def _row(self, value: Row, number: int) -> Row:
        references = _references(value)
        own = self.known is None and ("person" in value or bool(references))
        name = value.get("conversation_id", f"row-{number:06d}" if own else None)
        if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
            raise _RefusedError("has no `conversation_id`" if name is None else f"its `conversation_id` is no name: {str(name)[:100]!r}")
        name = _plain(str(name))
        system = value.get("system_id", self.path.stem)
        if not isinstance(system, str) or not _SYSTEM.fullmatch(system) or not system.strip(". ") or _plain(system) != system:
            raise _RefusedError("its `system_id` is no name of 1 to 100 characters without `/` and control characters", name)
        if references is None or not isinstance(value.get("person", ""), str):
            raise _RefusedError(f"`person`, `reference` and `references` must be text (and at most {_MANY} references)", name)
        if "text" not in value and "reply" not in value:
            raise _RefusedError("has no `text` (or `reply`)", name)
        text = value.get("text", value.get("reply"))
        if text is not None and not isinstance(text, str):
            raise _RefusedError(f"its text is of type {type(text).__name__}: it must be text, or null where there is no reply", name)
        if self.known is not None and name not in self.known:
            raise _RefusedError("no conversation of the corpus has this id", name)
        if (name, system) in self.found:
            kept = self.found[name, system][0]
            raise _RefusedError(f"is a second reply of `{system}` to one conversation; the first, in line {kept}, is kept", name)
        return _row(name, system, value, references, text, self.known[name] if self.known is not None else None)


class _RefusedError(Exception):
    """Why a line can't be used, and its conversation where that is known."""

    def __init__(self, reason: str, name: str = "") -> None:
        self.reason, self.name = reason, name
        super().__init__(reason)


def _object(line: bytes) -> Row:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _RefusedError("is not valid UTF-8: save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        cut = "" if line.endswith(b"\n") else "; the file ends within this line, it may be half-written"
        raise _RefusedError(f"is not valid JSON: {error.msg} at column {error.colno}{cut}") from None
    except (ValueError, RecursionError):
        raise _RefusedError("is not valid JSON: a number too long, or nesting too deep") from None
    if not isinstance(value, dict):
        raise _RefusedError(f"is not a JSON object with {FIELDS}")
    return value


def _row(name: str, system: str, value: Row, references: list[str], text: str | None, conversation: Conversation | None) -> Row:
    wanted = references or ([conversation.chatbot] if conversation else [""])
    reason = str(value.get("unscored_reason") or "the file gives no text") if text is None else ""
    if text is not None and _plain(text) != text:
        text, reason = None, "the reply is not valid Unicode"
    elif len(text or "") > LONGEST:
        text, reason = None, f"the reply has {len(text or ''):,} characters, more than the {LONGEST:,} that are scored"
    return {
        "conversation_id": name,
        "system_id": system,
        "person": conversation.person if conversation else _plain(value.get("person", "")),
        "chatbot": wanted[0],
        "further": wanted[1:],
        "source": conversation.source if conversation else "imported",
        "text": text,
        "unscored_reason": _plain(reason),
    }


def _missing(name: str, system: str, other: Row | None, conversation: Conversation | None) -> Row:
    """A row without text; its conversation's texts are the corpus's, or those that another system's row brought."""
    if conversation:
        texts: Row = {"person": conversation.person, "chatbot": conversation.chatbot, "further": [], "source": conversation.source}
    else:
        texts = {key: (other or {})[key] for key in ("person", "chatbot", "further", "source")}
    return {"conversation_id": name, "system_id": system, **texts, "text": None, "unscored_reason": "no reply in the file"}


def _references(value: Row) -> list[str] | None:
    """The references that are not blank; [] where there are none, None where they are no texts."""
    several = value.get("references", [])
    first = value.get("reference", value.get("chatbot"))
    listed = [*([] if first is None else [first]), *(several if isinstance(several, list) else [several])]
    if not all(isinstance(text, str) for text in listed) or len(listed) > _MANY:
        return None
    return list(dict.fromkeys(_plain(text) for text in listed if text.strip()))


def _plain(text: str) -> str:
    """Text that a table can hold: what is no valid Unicode becomes an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
