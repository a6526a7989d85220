"""readability: a reply that is hard to read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import WORD, plain
from tidelab.records import Conversation, Persona

LEAST = 40.0  # Flesch: 30 to 50 is "difficult", below 30 "very difficult"
FEWEST = 30  # words; the formula needs some text
_SENTENCE_END = re.compile(
    r"(?<![.!?…:;\n])[.!?…:;\n]++(?=\s|$|[\"')])"
)  # Flesch counts what colons and semicolons part as sentences of their own
_VOWELS = re.compile(r"[aeiouyàáâäèéêëìíîïòóôöùúûü]+")
_SILENT = re.compile(r"(?<=[^aeiouy])(?<![^aeiouy]l)es?$|(?<=[^aeiouytd])ed$")  # made, makes, walked; not table, wanted
_SOUNDED = re.compile(r"(?:[csxzg]|sh|ch)es$")  # houses, changes


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each reply of 30 words or more whose Flesch reading ease is below 40."""
    findings = []
    for c in conversations:
        text = plain(c.chatbot)
        if text.isascii() and len(text.split()) >= FEWEST and (ease := reading_ease(text)) < LEAST:
            findings.append(Finding(c.conversation_id, f"the reply is hard to read: Flesch reading ease {ease:.0f}", "chatbot"))
    return findings


def reading_ease(text: str) -> float:
    """Flesch (1948): 206.835 - 1.015 x words per sentence - 84.6 x syllables per word; higher is easier. 100 for a text without words."""
    words = WORD.findall(text.lower())
    if not words:
        return 100.0
    sentences = max(1, sum(1 for part in _SENTENCE_END.split(text) if WORD.search(part)))
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * sum(map(syllables, words)) / len(words)


def syllables(word: str) -> int:
    """Groups of vowels, less a silent ending; at least one. Right for most English words."""
    count = len(_VOWELS.findall(word))
    if count > 1 and _SILENT.search(word) and not _SOUNDED.search(word):
        count -= 1
    return max(1, count)


CHECK = Check("readability", "warning", find)
