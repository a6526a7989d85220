"""Checks of conversations before they teach or test anyone. One file per check; a new file with a `CHECK` is found by itself."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tidelab.records import Conversation, Flag, Persona, Quarantined


class Finding(NamedTuple):
    """What a check says of one conversation."""

    conversation_id: str
    message: str


@dataclass(frozen=True)
class Check:
    """A rule for conversations. Its page is docs/checks/<name>.md."""

    name: str
    severity: Literal["error", "warning"]
    """`error` puts a conversation into quarantine, `warning` keeps it and flags it."""
    find: Callable[[Sequence[Conversation], Mapping[str, Persona]], list[Finding]]
    """Findings over all conversations, given in order of conversation_id, and their personas by id."""
    version: int = 1
    """Raised when its findings change."""


def checks() -> list[Check]:
    """Every check of this package, by name."""
    return [importlib.import_module(f"{__name__}.{m.name}").CHECK for m in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name)]


def apply(
    conversations: Sequence[Conversation], personas: Mapping[str, Persona]
) -> tuple[list[Conversation], list[Quarantined], list[Flag]]:
    """(kept, quarantined, flags). A conversation that fails several checks is quarantined once, with every reason.

    Warnings look at kept conversations only: nobody reads flags on rows that are not used.
    """
    kept = sorted(conversations, key=lambda c: c.conversation_id)
    failed: dict[str, list[tuple[str, str]]] = {}
    for check in (c for c in checks() if c.severity == "error"):
        for finding in check.find(kept, personas):
            failed.setdefault(finding.conversation_id, []).append((check.name, finding.message))
    quarantined = [_quarantine(c, failed[c.conversation_id]) for c in kept if c.conversation_id in failed]
    kept = [c for c in kept if c.conversation_id not in failed]
    flags = [
        Flag(conversation_id=finding.conversation_id, check=check.name, message=finding.message)
        for check in checks()
        if check.severity == "warning"
        for finding in check.find(kept, personas)
    ]
    return kept, quarantined, flags


def _quarantine(conversation: Conversation, reasons: list[tuple[str, str]]) -> Quarantined:
    said = json.dumps({"person": conversation.person, "chatbot": conversation.chatbot}, ensure_ascii=False)
    place = conversation.provenance
    return Quarantined(
        conversation_id=conversation.conversation_id,
        persona_id=conversation.persona_id,
        stage=reasons[0][0],
        reason="; ".join(message for _, message in reasons),
        where=":".join(str(place[k]) for k in ("file", "line", "row", "key") if k in place),
        raw=said[:2_000],
    )
