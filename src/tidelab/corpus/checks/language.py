"""language: a text that is not English."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, WORD, texts, words
from tidelab.records import Conversation, Persona

FEWEST = 8  # words that can tell a language
_READ = 2_000  # characters from the front: enough to tell, however long the text
_SMALL: dict[str, str] = words("language")
_WORDS = {language: frozenset(small.split()) for language, small in _SMALL.items()}
_OTHERS = {language: small - _WORDS["English"] for language, small in _WORDS.items() if language != "English"}


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text of 8 words or more (or mostly in another script) that reads as another language than English."""
    return [
        Finding(c.conversation_id, f"{TEXTS[field]} is not English: it reads as {other}", field)
        for c, field, text in texts(conversations)
        if (other := foreign(text))
    ]


def foreign(text: str) -> str:
    """The language or script that a text is in, empty where that is English or can't be told."""
    head = text[:_READ]
    letters = [ch for ch in head if ch.isalpha()]
    beyond = [ch for ch in letters if ord(ch) > 0x24F]
    if len(beyond) > 0.5 * len(letters):
        scripts = Counter(unicodedata.name(ch, "UNKNOWN").split()[0] for ch in beyond)
        return f"{scripts.most_common(1)[0][0].capitalize()} script"
    said = WORD.findall(head.lower())
    if len(said) < FEWEST:
        return ""
    english = sum(word in _WORDS["English"] for word in said)
    if english > 0.3 * len(said):  # most texts: no other language need be looked at
        return ""
    counts = {language: sum(word in small for word in said) for language, small in _OTHERS.items()}
    best = max(counts, key=lambda language: counts[language])
    if counts[best] > sum(word in _WORDS["English"] - _WORDS[best] for word in said) and counts[best] >= 0.15 * len(said):
        return best
    return "no language that is known here" if len(said) >= 2 * FEWEST and english < 0.08 * len(said) else ""


CHECK = Check("language", "warning", find)
