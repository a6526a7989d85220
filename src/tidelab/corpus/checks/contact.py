"""contact: email addresses, links, phone numbers and street addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, texts
from tidelab.records import Conversation, Persona

_STREETS = r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard|Blvd|Terrace|Crescent|Court)"
_ENDINGS = r"(?:com|org|net|gov|edu|co\.uk|org\.uk)"
_NOT_BEFORE, _NOT_AFTER = r"(?<![\w.,/:-])", r"(?![\w/:]|[.,-]\d)"  # parts of a date, a sum or a longer number
_PATTERNS = {
    "an email address": re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    "a link": re.compile(
        rf"\b(?:https?://|www\.)[^\s)\]>\"']{{3,200}}|(?<![\w@.-])[a-z0-9-]{{2,40}}\.{_ENDINGS}\b(?:/[^\s)\]>\"']{{0,200}})?", re.IGNORECASE
    ),
    "a phone number": re.compile(
        rf"{_NOT_BEFORE}(?:\+\d{{1,3}}[ .-]?)?(?:\(\d{{2,5}}\)[ .-]?)?\d{{2,5}}(?:[ .-]\d{{2,5}}){{1,5}}{_NOT_AFTER}"
        rf"|{_NOT_BEFORE}(?:1[ .-])?(?:\(\d{{3}}\) ?|\d{{3}}[ .-])\d{{3}}[ .-]\d{{4}}{_NOT_AFTER}"
        rf"|{_NOT_BEFORE}\+?\d{{9,15}}{_NOT_AFTER}"
    ),
    "a street address": re.compile(rf"(?<![\w.,])\d{{1,5}}[a-c]?,? (?:[A-Z][a-z]{{1,20}} ){{1,3}}{_STREETS}\b"),
}
# Quick to look for, and without it there is no such thing in a text.
_SIGN = {
    "an email address": re.compile("@"),
    "a link": re.compile(rf"://|www|\.{_ENDINGS}", re.IGNORECASE),
    "a phone number": re.compile(r"\d\d"),
    "a street address": re.compile(r"\d"),
}
_DIGITS = range(9, 16)  # of a number that reaches one person; short codes such as 988 or 116 123 are public and no finding
_DATE = re.compile(r"(?:19|20)\d\d[ .-](?:\d\d?[ .-]\d\d?(?!\d)|(?:19|20)\d\d(?!\d))")


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text, on the first of each kind."""
    return [
        Finding(c.conversation_id, f"{TEXTS[field]} holds {what}: `{said}`", field, said)
        for c, field, text in texts(conversations)
        for what, pattern in _PATTERNS.items()
        if (said := _first(pattern, what, text))
    ]


def _first(pattern: re.Pattern[str], what: str, text: str) -> str:
    if not _SIGN[what].search(text):
        return ""
    for match in pattern.finditer(text):
        said = match[0].rstrip(".-")
        if what != "a phone number" or (sum(ch.isdigit() for ch in said) in _DIGITS and not _DATE.match(said)):
            return said
    return ""


CHECK = Check("contact", "error", find)
