"""duplicates: the same words twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.records import Conversation, Persona


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each conversation whose two texts, but for case, spacing and Unicode form, an earlier one has too."""
    first: dict[tuple[str, str], str] = {}
    findings = []
    for c in conversations:
        earlier = first.setdefault((_normal(c.person), _normal(c.chatbot)), c.conversation_id)
        if earlier != c.conversation_id:
            findings.append(Finding(c.conversation_id, f"says the same as `{earlier}`"))
    return findings


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


CHECK = Check("duplicates", "warning", find)
