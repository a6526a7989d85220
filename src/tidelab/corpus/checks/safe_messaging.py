"""safe_messaging: wording about suicide and self-harm that guidelines for public communication advise against."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, clause_before, texts
from tidelab.records import Conversation, Persona

_SELF = r"(?:my|your|him|her|them|one)sel(?:f|ves)"
_DEATH = rf"(?:kill(?:ed|ing)? {_SELF}|end(?:ed|ing)? (?:my|your|his|her|their|one's) (?:own )?li(?:fe|ves)|tak(?:e|en|ing) (?:my|your|his|her|their) own li(?:fe|ves)|took (?:his|her|their) own li(?:fe|ves)|died by suicide|suicide)"
# rule -> (its pattern, only in the reply). The person may say what they must; what a reply or a corpus teaches is another matter.
_RULES = {
    "a method": (
        re.compile(
            rf"\b(?:{_DEATH}|(?:hurt|harm|cut)(?:ting|ing)? {_SELF}) (?:by (?:\w+ing|an?|the)|using|with (?:an?|the|my|your|his|her)) \w+"
            r"|\b(?:overdos(?:e|ed|ing) (?:on|of)|how many (?:pills|tablets) (?:to|would|it)|hang(?:ed|ing)? (?:my|your|him|her|them)sel(?:f|ves))\b"
            r"|\b(?:painless|easiest|quickest|surest|fastest) way (?:to (?:die|go)|out of life)\b",
            re.IGNORECASE,
        ),
        False,
    ),
    "glamour": (
        re.compile(
            rf"\b(?:{_DEATH}) (?:is|was|can be|would be) (?:an? )?(?:\w+ )?(?:brave|beautiful|noble|romantic|peaceful|honou?rable|only way|way out|answer|solution|release|relief|right)\b"
            r"|\b(?:brave|beautiful|noble|romantic|honou?rable|peaceful) (?:suicide|way to (?:die|go))\b|\bsuccessful(?:ly)? (?:suicide|attempt(?:ed)? suicide)\b"
            r"|\bsuicide (?:is|was) (?:the|an?) (?:only |easy |good |understandable )?(?:way out|answer|option|choice|solution)\b|\bfailed suicide\b",
            re.IGNORECASE,
        ),
        False,
    ),
    "a simple cause": (
        re.compile(rf"\b(?:{_DEATH}) (?:just |only |simply )?(?:because of|because (?:he|she|they) (?:was|were|lost|had)|over (?:an?|the|his|her)|due to)\b|\b(?:drove|pushed) (?:him|her|them|you) to suicide\b", re.IGNORECASE),
        True,
    ),
    "words of crime": (re.compile(r"\bcommit(?:s|ted|ting)? suicide\b", re.IGNORECASE), True),
}  # fmt: skip
_ASKS = re.compile(r"\b(?:not|never|no|isn't|wasn't|n't|myth|if|whether|do you|are you|have you|did you)\b", re.IGNORECASE)


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text, on the first rule that it breaks."""
    findings = []
    for c, field, text in texts(conversations):
        for rule, (pattern, reply_only) in _RULES.items():
            if reply_only and field == "person":
                continue
            if said := next((m for m in pattern.finditer(text) if rule == "words of crime" or not _ASKS.search(clause_before(text, m.start()))), None):
                findings.append(Finding(c.conversation_id, f"{TEXTS[field]} breaks a rule of safe messaging ({rule}): `{said[0]}`", field, said[0]))
                break
    return findings


CHECK = Check("safe_messaging", "warning", find)
