"""readability: a reply that is hard to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import plain
from tidelab.records import Conversation, Persona
from tidelab.text.reading_ease import reading_ease

LEAST = 40.0  # Flesch: 30 to 50 is "difficult", below 30 "very difficult"
FEWEST = 30  # words; the formula needs some text


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each reply of 30 words or more whose Flesch reading ease is below 40."""
    findings = []
    for c in conversations:
        text = plain(c.chatbot)
        if text.isascii() and len(text.split()) >= FEWEST and (ease := reading_ease(text)) < LEAST:
            findings.append(Finding(c.conversation_id, f"the reply is hard to read: Flesch reading ease {ease:.0f}", "chatbot"))
    return findings


CHECK = Check("readability", "warning", find)
