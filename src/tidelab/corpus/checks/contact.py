"""contact: email addresses, links, phone numbers and street addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, texts
from tidelab.records import Conversation, Persona

_STREETS = r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard|Blvd|Terrace|Crescent|Court)"
_PATTERNS = {
    "an email address": re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    "a link": re.compile(r"\b(?:https?://|www\.)[^\s)\]>\"']{3,200}|(?<![\w@.-])[a-z0-9-]{2,40}\.(?:com|org|net|gov|edu|co\.uk|org\.uk)\b(?:/[^\s)\]>\"']{0,200})?", re.IGNORECASE),
    "a phone number": re.compile(r"(?<![\w.,/:-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?)?\d{2,5}(?:[ .-]\d{2,5}){1,5}(?![\w/:]|[.,-]\d)|(?<![\w.,/:-])\+?\d{9,15}(?![\w/:]|[.,-]\d)"),
    "a street address": re.compile(rf"(?<![\w.,])\d{{1,5}}[a-c]?,? (?:[A-Z][a-z]{{1,20}} ){{1,3}}{_STREETS}\b"),
}  # fmt: skip
_DIGITS = range(9, 16)  # of a number that reaches one person; short codes such as 988 or 116 123 are public and no finding
_DATE = re.compile(r"(?:19|20)\d\d[ .-]\d\d?[ .-]\d\d?(?!\d)")


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text, on the first of each kind."""
    return [
        Finding(c.conversation_id, f"{TEXTS[field]} holds {what}: `{said}`", field, said)
        for c, field, text in texts(conversations)
        for what, pattern in _PATTERNS.items()
        if (said := _first(pattern, what, text))
    ]


def _first(pattern: re.Pattern[str], what: str, text: str) -> str:
    for match in pattern.finditer(text):
        said = match[0].rstrip(".-")
        if what != "a phone number" or (sum(ch.isdigit() for ch in said) in _DIGITS and not _DATE.match(said)):
            return said
    return ""


CHECK = Check("contact", "error", find)
