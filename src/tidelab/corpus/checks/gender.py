"""gender: a text that makes the person a woman or a man where the persona is the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, texts
from tidelab.records import Conversation, Persona

_WOMAN = "woman|lady|mother|mom|mum|mommy|grandmother|grandma|wife|widow|daughter|sister|aunt|girlfriend"
_MAN = "man|gentleman|guy|father|dad|daddy|grandfather|grandpa|husband|widower|son|brother|uncle|boyfriend"
_KINDS = dict.fromkeys(_WOMAN.split("|"), "a woman") | dict.fromkeys(_MAN.split("|"), "a man")
_NOUN = rf"({_WOMAN}|{_MAN})\b(?!['-])"
_BETWEEN = r"(?:\w+ ){0,2}"  # "a grown man", "a very tired woman"
_NOT_AFTER = "(?<!me )(?<!him )(?<!her )(?<!them )(?<!same )(?<!such )(?<!just )"  # "treated me as a man would"
_SAID = {
    "person": re.compile(
        rf"\b(?:I(?:'m| am)(?: just| only| still)?|{_NOT_AFTER}as) (?:an?|his|her|their) {_BETWEEN}{_NOUN}", re.IGNORECASE
    ),
    "chatbot": re.compile(
        rf"\b(?:you(?:'re| are)(?: just| only| still)?|as) an? {_BETWEEN}{_NOUN}(?=,| you\b)|[,.] (ma'am|madam|sir)(?=[.,!?])",
        re.IGNORECASE,
    ),
}
_ADDRESS = {"ma'am": "a woman", "madam": "a woman", "sir": "a man"}
_WORDS = (
    ("a woman", re.compile(r"\b(?:woman|female|girl)\b", re.IGNORECASE)),
    ("a man", re.compile(r"\b(?:man|male|boy)\b", re.IGNORECASE)),
)


def find(conversations: Sequence[Conversation], personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text that says or addresses the other gender; personas who are neither, or unknown, are not looked at."""
    findings = []
    for c, field, text in texts(conversations):
        persona = personas.get(c.persona_id)
        known = _gender(persona.gender) if persona else ""
        if persona is None or not known:
            continue
        for match in _SAID[field].finditer(text):
            noun = (match[1] or match[2]).lower()
            if (_KINDS | _ADDRESS)[noun] != known:
                message = f"{TEXTS[field]} says `{match[0].strip(' ,.')}`, the persona is {persona.gender}"
                findings.append(Finding(c.conversation_id, message, field, match[0].strip(" ,.")))
                break
    return findings


def _gender(said: str) -> str:
    """`a woman`, `a man`, or empty: `transgender woman` is a woman, `non-binary` and `woman/man` are empty."""
    kinds = [kind for kind, pattern in _WORDS if pattern.search(said)]
    return kinds[0] if len(kinds) == 1 and "non" not in said.lower() else ""


CHECK = Check("gender", "warning", find)
