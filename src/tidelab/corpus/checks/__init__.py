"""Checks of conversations before they teach or test anyone. One file per check; a new file with a `CHECK` is found by itself."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tidelab.errors import TidelabError
from tidelab.records import Conversation, Flag, Persona, Quarantined


class Finding(NamedTuple):
    """What a check says of one conversation."""

    conversation_id: str
    message: str
    field: str = ""
    """`person` or `chatbot` where one of the two texts is meant."""
    quote: str = ""
    """The words in that text (with straight apostrophes) that the finding rests on."""


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


@dataclass(frozen=True)
class Checked:
    """What all checks said of a corpus."""

    kept: list[Conversation]
    quarantined: list[Quarantined]
    findings: dict[str, list[Finding]]
    """Check -> its findings; every check that ran has an entry."""


def checks(only: Sequence[str] = ()) -> list[Check]:
    """The checks of this package by name, or those of them that are named. TidelabError for a name that is none."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    unknown = [name for name in only if name not in names]
    if unknown:
        raise TidelabError(f"there is no check `{unknown[0]}`", where="--only", mend=f"name some of: {', '.join(names)}")
    return [importlib.import_module(f"{__name__}.{name}").CHECK for name in names if not only or name in only]


def examine(
    conversations: Sequence[Conversation],
    personas: Mapping[str, Persona],
    only: Sequence[str] = (),
    begins: Callable[[str], object] = lambda name: None,
) -> Checked:
    """Run the checks (all, or `only` those named). A conversation that fails several is quarantined once, with every reason.

    Warnings look at kept conversations only: nobody reads flags on rows that are not used. `begins` hears each check's name.
    """

    def run(check: Check, rows: Sequence[Conversation]) -> list[Finding]:
        begins(check.name)
        return check.find(rows, personas)

    rows = sorted(conversations, key=lambda c: c.conversation_id)
    chosen = checks(only)
    found = {check.name: run(check, rows) for check in chosen if check.severity == "error"}
    failed: dict[str, list[tuple[str, str]]] = {}
    for name, findings in found.items():
        for finding in findings:
            failed.setdefault(finding.conversation_id, []).append((name, finding.message))
    kept = [c for c in rows if c.conversation_id not in failed]
    found |= {check.name: run(check, kept) for check in chosen if check.severity == "warning"}
    quarantined = [_quarantine(c, failed[c.conversation_id]) for c in rows if c.conversation_id in failed]
    return Checked(kept, quarantined, {check.name: found[check.name] for check in chosen})


def flags(checked: Checked) -> list[Flag]:
    """The warnings as rows, by check."""
    return [
        Flag(conversation_id=finding.conversation_id, check=check.name, message=finding.message)
        for check in checks(list(checked.findings))
        if check.severity == "warning"
        for finding in checked.findings[check.name]
    ]


def apply(
    conversations: Sequence[Conversation], personas: Mapping[str, Persona]
) -> tuple[list[Conversation], list[Quarantined], list[Flag]]:
    """(kept, quarantined, flags) of all checks: what a run's tables hold."""
    checked = examine(conversations, personas)
    return checked.kept, checked.quarantined, flags(checked)


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
