"""names: what looks like a real person's full name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, texts, words
from tidelab.records import Conversation, Persona

_TOKEN = r"[A-Z][a-zà-öø-ÿ]{1,20}(?:[-'][A-Z][a-z]{1,20})?"
_PAIR = re.compile(rf"(?<![\w'.-])({_TOKEN}) ((?:[A-Z]\. |(?:van|von|de|la|bin|al|del|der) )?{_TOKEN})(?![\w-]| (?:{_TOKEN}))")
_STARTS = re.compile(r"(?:^|[.!?…:;\n\"*]|[-–—]) *$")
_GIVEN = frozenset(words("names")["given"].split())
_OTHER = frozenset(words("names")["other"].split())  # what is capitalized for other reasons


def find(conversations: Sequence[Conversation], personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text, on its first full name that the persona does not hold."""
    findings = []
    for c, field, text in texts(conversations):
        persona = personas.get(c.persona_id)
        known = persona.model_dump_json() if persona else ""
        for match in _PAIR.finditer(text):
            if match[0] not in known and _is_name(
                match[1], match[2], bool(_STARTS.search(text[max(0, match.start() - 4) : match.start()]))
            ):
                findings.append(Finding(c.conversation_id, f"{TEXTS[field]} names somebody in full: `{match[0]}`", field, match[0]))
                break
    return findings


def _is_name(first: str, last: str, opens: bool) -> bool:
    """Neither token is another kind of capitalized word. A sentence's first must be a given name."""
    if first.lower() in _OTHER or last.split()[-1].lower() in _OTHER or first.lower().endswith("'s"):
        return False
    return not opens or first.split("-")[0].lower() in _GIVEN


CHECK = Check("names", "warning", find)
