"""safe_messaging: wording about suicide and self-harm that guidelines for public communication advise against."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, clause_before, texts
from tidelab.records import Conversation, Persona

_SELF = r"(?:my|your|him|her|them|one)sel(?:f|ves)"
_WHOSE = r"(?:my|your|his|her|their|one's)"
_DEATH = (
    rf"(?:kill(?:ed|ing)? {_SELF}|end(?:ed|ing)? {_WHOSE} (?:own )?li(?:fe|ves)|(?:tak(?:e|en|ing)|took) {_WHOSE} own li(?:fe|ves)"
    r"|died by suicide|suicide)"
)
_PRAISE = r"(?:brave|beautiful|noble|romantic|peaceful|honou?rable)"
_WAY_OUT = r"(?:only way|way out|answer|option|choice|solution|release|relief)"
# rule -> (its pattern, only in the reply)
_RULES = {
    "a method": (
        rf"\b(?:{_DEATH}|(?:hurt|harm|cut)(?:ting|ing)? {_SELF}) (?:by (?:\w+ing|an?|the)|using|with (?:an?|the|{_WHOSE})) \w+"
        r"|\boverdos(?:e|ed|ing) (?:on|of)\b|\bhow many (?:pills|tablets) (?:to|would|it)\b"
        r"|\bhang(?:ed|ing)? (?:my|your|him|her|them)sel(?:f|ves)\b"
        r"|\b(?:painless|easiest|quickest|surest|fastest) way (?:to (?:die|go)|out of life)\b",
        False,
    ),
    "glamour": (
        rf"\b{_DEATH} (?:is|was|can be|would be) (?:an? |the )?(?:(?:only|easy|good|understandable|very) )?(?:{_PRAISE}|{_WAY_OUT})\b"
        rf"|\b{_PRAISE} (?:suicide|way to (?:die|go))\b|\b(?:successful|failed) suicide\b|\bsuccessfully (?:killed|ended|took)\b",
        False,
    ),
    "a simple cause": (
        rf"\b{_DEATH} (?:just |only |simply )?"
        r"(?:because of|because (?:he|she|they) (?:was|were|lost|had)|over (?:an?|the|his|her)|due to)\b"
        r"|\b(?:drove|pushed) (?:him|her|them|you) to suicide\b",
        True,
    ),
    "words of crime": (r"\bcommit(?:s|ted|ting)? suicide\b", True),
}
_COMPILED = {rule: (re.compile(said, re.IGNORECASE), reply_only) for rule, (said, reply_only) in _RULES.items()}
_ABOUT = re.compile(
    r"suicid|kill|li(?:fe|ves)|hurt|harm|cut|pills|tablets|overdos|hang|way", re.IGNORECASE
)  # without these no rule applies
_ASKS = re.compile(r"\b(?:not|never|no|isn't|wasn't|n't|myth|if|whether|do you|are you|have you|did you)\b", re.IGNORECASE)


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text, on the first rule that it breaks."""
    findings = []
    for c, field, text in texts(conversations):
        if not _ABOUT.search(text):
            continue
        for rule, (pattern, reply_only) in _COMPILED.items():
            if reply_only and field == "person":
                continue
            meant = (m for m in pattern.finditer(text) if rule == "words of crime" or not _ASKS.search(clause_before(text, m.start())))
            if said := next(meant, None):
                findings.append(
                    Finding(c.conversation_id, f"{TEXTS[field]} breaks a rule of safe messaging ({rule}): `{said[0]}`", field, said[0])
                )
                break
    return findings


CHECK = Check("safe_messaging", "warning", find)
