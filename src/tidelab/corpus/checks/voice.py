"""voice: a person who never says I, or a reply that never says you."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, texts
from tidelab.records import Conversation, Persona

FEWEST = 25  # words; shorter texts do without either pronoun for good reasons
_OWN = {
    "person": re.compile(r"\b(?:i|i'?(?:m|ve|d|ll)|me|my|mine|myself|we|us|our|ours)\b", re.IGNORECASE),
    "chatbot": re.compile(r"\b(?:you|you'?(?:re|ve|d|ll)|your|yours|yourself|u|ya)\b", re.IGNORECASE),
}
_ABOUT = re.compile(
    r"\bthe (?:persona|client|user|chatbot|patient) "
    r"(?:is|was|has|feels|felt|says|said|seems|expresses|describes|reports|shares|responds|might|should)\b",
    re.IGNORECASE,
)
_LACKS = {"person": "never speaks of itself as I or we", "chatbot": "never says you to the person"}


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text of 25 words or more that keeps no first (person) or second person (reply), or speaks about `the client`."""
    findings = []
    for c, field, text in texts(conversations):
        about = _ABOUT.search(text) if field == "chatbot" or "client" not in text.lower() else None  # a person may have clients at work
        if about:
            findings.append(Finding(c.conversation_id, f"{TEXTS[field]} speaks about the speakers: `{about[0]}`", field, about[0]))
        elif text.isascii() and len(text.split()) >= FEWEST and not _OWN[field].search(text):
            findings.append(Finding(c.conversation_id, f"{TEXTS[field]} {_LACKS[field]}", field))
    return findings


CHECK = Check("voice", "warning", find)
