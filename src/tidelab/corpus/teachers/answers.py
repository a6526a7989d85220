"""Reads a teacher's answer: the two texts of a conversation, or why it is none."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from tidelab.corpus import checks
from tidelab.corpus.teachers.prompts import template
from tidelab.engines.base import Answer, json_value
from tidelab.records import Conversation, Persona

# The prompt asks for 40-120 and 60-130 words; a quarter beyond is let through, so that no good text is paid for twice over a word.
PERSON_WORDS, REPLY_WORDS = (30, 150), (45, 165)
STRICT = ("age", "elapsed", "gender", "language", "relations", "trauma")
"""Checks that only warn about other people's data, and for which a teacher, who was told the persona, is asked again."""
_RUN = 8  # words in a row that nobody writes by chance
_WORD = re.compile(r"[\w']+")


class Bad(NamedTuple):
    """Why an answer is no conversation."""

    reason: str


def read(answer: Answer) -> tuple[str, str] | Bad:
    """(person, chatbot) of an answer that is whole, JSON with these two texts and nothing else, and of the right length."""
    if answer.reason or answer.text is None:
        return Bad(answer.reason or "no answer")
    if not answer.text.strip():
        return Bad("the answer is empty")
    if answer.stop_reason == "length":
        return Bad("the answer was cut at the limit of tokens")
    value = json_value(answer.text)
    if value is None:
        return Bad("the answer is not JSON")
    if not isinstance(value, dict) or set(value) != {"person", "chatbot"} or not all(isinstance(v, str) for v in value.values()):
        return Bad("the answer is JSON, but not an object with the texts `person` and `chatbot`")
    person, chatbot = value["person"].strip(), value["chatbot"].strip()
    for whose, text, (least, most) in (("person's text", person, PERSON_WORDS), ("reply", chatbot, REPLY_WORDS)):
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            return Bad(f"the {whose} holds a character that no table can hold")
        if leaked := _leak(text[:20_000]):
            return Bad(f"the {whose} repeats the prompt: `{leaked}`")
        words = len(text.split())
        if not least <= words <= most:
            return Bad(f"the {whose} has {words:,} words, wanted are {least} to {most}")
    return person, chatbot


def object_to(conversation: Conversation, persona: Persona) -> str:
    """What the corpus checks that count for a teacher find; empty where they find nothing."""
    people = {persona.persona_id: persona}
    findings = [finding.message for check in _checks() for finding in check.find([conversation], people)]
    return "; ".join(findings)


@functools.cache
def _checks() -> tuple[checks.Check, ...]:
    return tuple(check for check in checks.checks() if check.severity == "error" or check.name in STRICT)


def _leak(text: str) -> str:
    words = _WORD.findall(text.lower())
    runs = _prompt_runs()
    return next((run for start in range(len(words) - _RUN + 1) if (run := " ".join(words[start : start + _RUN])) in runs), "")


@functools.cache
def _prompt_runs() -> frozenset[str]:
    words = _WORD.findall(template("system").lower())
    return frozenset(" ".join(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1))
