"""How hard English is to read: Flesch's reading ease and the Flesch-Kincaid grade."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_SENTENCE_END = re.compile(
    r"(?<![.!?…:;\n])[.!?…:;\n]++(?=\s|$|[\"')])"
)  # Flesch counts what colons and semicolons part as sentences of their own
_VOWELS = re.compile(r"[aeiouyàáâäèéêëìíîïòóôöùúûü]+")
_SILENT = re.compile(r"(?<=[^aeiouy])(?<![^aeiouy]l)es?$|(?<=[^aeiouytd])ed$")  # made, makes, walked; not table, wanted
_SOUNDED = re.compile(r"(?:[csxzg]|sh|ch)es$")  # houses, changes


def reading_ease(text: str) -> float:
    """Flesch (1948): 206.835 - 1.015 x words per sentence - 84.6 x syllables per word; higher is easier. 100 for a text without words."""
    words, sentences, heard = counts(text)
    return 206.835 - 1.015 * words / sentences - 84.6 * heard / words if words else 100.0


def grade(text: str) -> float:
    """Flesch-Kincaid (1975): 0.39 x words per sentence + 11.8 x syllables per word - 15.59; a US school grade. 0 without words."""
    words, sentences, heard = counts(text)
    return 0.39 * words / sentences + 11.8 * heard / words - 15.59 if words else 0.0


def counts(text: str) -> tuple[int, int, int]:
    """(words, sentences, syllables) of a text with straight apostrophes; at least one sentence."""
    words = WORD.findall(text.lower())
    sentences = max(1, sum(1 for part in _SENTENCE_END.split(text) if WORD.search(part)))
    return len(words), sentences, sum(map(syllables, words))


def syllables(word: str) -> int:
    """Groups of vowels, less a silent ending; at least one. Right for most English words."""
    count = len(_VOWELS.findall(word))
    if count > 1 and _SILENT.search(word) and not _SOUNDED.search(word):
        count -= 1
    return max(1, count)
