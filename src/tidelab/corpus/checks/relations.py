"""relations: a text whose wife, husband or home is not the persona's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, plain
from tidelab.records import Conversation, Persona


class _Rule(NamedTuple):
    """What is said, and of which persona it can't be true."""

    said: re.Pattern[str]
    field: str
    """Of the persona."""
    untrue: re.Pattern[str]


def _rule(said: str, field: str, untrue: str) -> _Rule:
    return _Rule(re.compile(said, re.IGNORECASE), field, re.compile(untrue, re.IGNORECASE))


_SPOUSE = r"(?:wife|husband|spouse)"
# Of a spouse who lives: "my wife says", "my wife and I are". A past tense or "used to" may be a memory.
_NOW = (
    r"(?:is|isn't|says|thinks|wants|keeps|asks|tells|doesn't|does|has|hasn't|knows|sleeps|worries|works|comes|gets|makes|looks|tries|needs|"
    r"and I (?:are|have|don't|can't|want|try|sleep|live)|and me (?:are|have))(?! (?:gone|dead|buried|no longer|not here))"
)
_BEFORE = r"(?<!late )(?<!ex )(?<!ex-)(?<!former )(?<!future )"
_RULES = (
    _rule(rf"\bmy {_BEFORE}{_SPOUSE} {_NOW}\b", "relationship_status", r"^(?:widow(?:ed|er)?)$"),
    _rule(rf"\bmy {_BEFORE}{_SPOUSE}\b(?!-to-be)(?! (?:died|passed|left me))", "relationship_status", r"^(?:single|never[- ]married)$"),
    _rule(rf"\bmy late {_SPOUSE}\b|\bsince I was widowed\b", "relationship_status", r"^(?:single|never[- ]married|divorced|separated)$"),
    _rule(
        r"\bI(?:'ve| have) never (?:been )?married\b|\bI never married\b",
        "relationship_status",
        r"^(?:married|widow(?:ed|er)?|divorced|separated)$",
    ),
    _rule(
        r"\bI(?:'m| am) (?:single|divorced|widowed|a widow(?:er)?)\b",
        "relationship_status",
        r"^(?:married|in a (?:long-term )?relationship)$",
    ),
    _rule(r"\bI(?:'m| am) married\b", "relationship_status", r"^(?:single|never[- ]married|widow(?:ed|er)?|divorced)$"),
    _rule(
        r"\bI live (?:all |quite )?(?:alone|on my own|by myself)\b",
        "living_situation",
        r"^(?!.*\balone\b).*\b(?:partner|spouse|wife|husband|family|housemates?|children|parents)\b",
    ),
    _rule(r"\bI live with my (?:wife|husband|partner|spouse|family|parents|children|kids)\b", "living_situation", r"^(?:lives )?alone$"),
)


def find(conversations: Sequence[Conversation], personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each person's text that speaks of a relation or home that the persona hasn't."""
    findings = []
    for c in conversations:
        persona, text = personas.get(c.persona_id), plain(c.person)
        for rule in _RULES if persona else ():
            known: str = getattr(persona, rule.field).strip()
            if rule.untrue.search(known) and (said := rule.said.search(text)):
                what = rule.field.replace("_", " ")
                message = f"{TEXTS['person']} says `{said[0]}`, the persona's {what} is `{known}`"
                findings.append(Finding(c.conversation_id, message, "person", said[0]))
                break
    return findings


CHECK = Check("relations", "warning", find)
