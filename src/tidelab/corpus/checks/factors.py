"""factors: a reference in which a factor of empathy leaves no sign."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import WORD, pattern, plain
from tidelab.records import Conversation, Persona

MOST_MISSING = 1  # a good reply may show one factor in words that no list holds; two missing are worth a look
_YOU = re.compile(r"\b(?:you|your|you're|you've|you'd|yourself)\b", re.IGNORECASE)
_FEELING = re.compile(
    rf"\b(?:{pattern('factors', 'feelings')})\b|\b(?:sounds?|feels?|felt|feeling|I hear|must (?:be|have|feel))\b", re.IGNORECASE
)
_NORMALIZES = re.compile(rf"\b(?:{pattern('factors', 'normal')})\b", re.IGNORECASE)
_SAID_BACK = 2  # words of five letters or more that the reply takes over from the person; one where the person says little
_LITTLE = 20  # words


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each reply in which two or all of the three factors leave no sign."""
    findings = []
    for c in conversations:
        missing = absent(plain(c.person), plain(c.chatbot))
        if len(missing) > MOST_MISSING:
            findings.append(Finding(c.conversation_id, f"the reply shows no sign of {' and '.join(missing)}", "chatbot"))
    return findings


def absent(person: str, reply: str) -> list[str]:
    """The factors of which the reply shows no sign, by its words."""
    wanted = _SAID_BACK if len(person.split()) >= _LITTLE else 1
    signs = {
        "emotion recognition": bool(_FEELING.search(reply)),
        "distress normalization": bool(_NORMALIZES.search(reply)),
        "supportive reflection": bool(_YOU.search(reply)) and len(_long(person) & _long(reply)) >= wanted,
    }
    return [factor for factor, shown in signs.items() if not shown]


def _long(text: str) -> set[str]:
    """First five letters of the words of five or more, so that `crashed` and `crash` are one."""
    return {word[:5] for word in WORD.findall(text.lower()) if len(word) >= 5}


CHECK = Check("factors", "warning", find)
