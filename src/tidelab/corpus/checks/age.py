"""age: a text that tells another age than the persona's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import NUMBER, TEXTS, number, texts
from tidelab.records import Conversation, Persona

SLACK = 1  # years: birthdays pass
_END = r"(?= years? old\b|-years?-old\b| now\b| this year\b| next \w+|[,.;!?]|$| and (?:I|still|my|it)\b)"
_ME = re.compile(
    rf"(?<!if )(?<!when )(?<!until )\bI(?:'m| am| just turned| turned| turn)(?: only| already| nearly| almost)? ({NUMBER}){_END}",
    re.IGNORECASE,
)
_YEAR_OLD = {
    "person": re.compile(rf"\b(?:I(?:'m| am)|as) an? ({NUMBER})[- ]years?[- ]old\b", re.IGNORECASE),
    "chatbot": re.compile(rf"\b(?:as|for|being|you(?:'re| are)) an? ({NUMBER})[- ]years?[- ]old\b", re.IGNORECASE),
}
_DECADES = {"twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90}
_DECADE = re.compile(rf"\bI(?:'m| am)(?: \w+)? in my (?:early |mid[- ]?|late )?({'|'.join(_DECADES)})\b", re.IGNORECASE)
_NO_AGE = 15  # "I'm two weeks in", "I am five, then four": no persona is so young


def find(conversations: Sequence[Conversation], personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text that says an age more than a year from the persona's, or another decade of life."""
    findings = []
    for c, field, text in texts(conversations):
        persona = personas.get(c.persona_id)
        if persona is None or persona.age is None:
            continue
        for words, youngest, oldest in _said(field, text):
            if not youngest - SLACK <= persona.age <= oldest + SLACK:
                message = f"{TEXTS[field]} says `{words}`, the persona is {persona.age}"
                findings.append(Finding(c.conversation_id, message, field, words))
                break
    return findings


def _said(field: str, text: str) -> list[tuple[str, float, float]]:
    """(words, youngest, oldest) of every age that the text gives the person."""
    ages = [
        (match[0], age, age)
        for pattern in ([_ME] if field == "person" else []) + [_YEAR_OLD[field]]
        for match in pattern.finditer(text)
        if (age := number(match[1])) is not None and age >= _NO_AGE
    ]
    decades = [(match[0], _DECADES[match[1].lower()]) for match in (_DECADE.finditer(text) if field == "person" else ())]
    return [*ages, *((words, start, start + 9) for words, start in decades)]


CHECK = Check("age", "warning", find)
