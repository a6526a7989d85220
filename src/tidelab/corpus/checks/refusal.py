"""refusal: a reply in which a model declines to answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import plain
from tidelab.records import Conversation, Persona

_CANNOT = r"(?:can(?:no|')t|can not|won't|will not|am (?:not able|unable) to|'m (?:not able|unable) to)"
_DO = r"(?:help(?! but\b| it\b)|assist|continue|comply|engage|respond|answer|discuss|provide|create|generate|write|fulfil|do that|process)"
# Empathy is sorry as well ("I'm sorry you went through that"), so an apology counts only with a refusal to do something.
_REFUSALS = re.compile(
    rf"\b(?:sorry|apologi[sz]e),? but,? I ?{_CANNOT} (?:\w+ )?{_DO}"
    rf"|\b(?:sorry|unfortunately|apologies),? I ?{_CANNOT} (?:help|assist)(?: you)? with\b"
    rf"|\bI ?{_CANNOT} (?:help|assist)(?: you)? with (?:this|that|your)(?: request\b|[.,!])"
    rf"|\bI ?{_CANNOT} (?:fulfill?|comply with|engage with|process) (?:this|that|your|the) (?:request|content|topic)\b"
    r"|\bas an? (?:AI|artificial intelligence|(?:large )?language model)\b"
    r"|\b(?:I am|I'm) (?:just |only )?an? (?:AI|(?:large )?language model)\b"
    r"|\bagainst my (?:guidelines|programming|policy|policies)\b",
    re.IGNORECASE,
)


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each reply that refuses."""
    findings = []
    for c in conversations:
        if refusal := _REFUSALS.search(plain(c.chatbot)):
            findings.append(Finding(c.conversation_id, f"the reply is a model's refusal: `{refusal[0]}`", "chatbot", refusal[0]))
    return findings


CHECK = Check("refusal", "error", find)
