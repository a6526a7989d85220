"""elapsed: a text that puts the event nearer or farther back than the persona's years since the trauma."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import NUMBER, TEXTS, number, texts
from tidelab.records import Conversation, Persona

_UNITS = {"day": 1 / 365, "week": 7 / 365, "month": 1 / 12, "year": 1.0, "decade": 10.0}
_EVENT = (
    r"(?:it happened|it all happened|that (?:night|day)|the (?:night|day) (?:of|it happened)|the \w{1,20} (?:happened|began)|"
    r"(?:the|that|my) (?:car |house |dog )?(?:accident|crash|collision|fire|flood|earthquake|hurricane|storm|attack|assault|robbery|"
    r"break-in|shooting|stabbing|explosion|war|deployment|bombing|hostage situation))"
)
_ABOUT = r"more than|over|almost|nearly|about|around|some"
_COUNTS = rf"(?:{NUMBER}|an?)"
_UNIT = r"day|week|month|year|decade"
_SAID = re.compile(
    rf"\b(?:(?P<more>{_ABOUT}) )?(?P<count>{_COUNTS}) (?P<unit>{_UNIT})s? (?:since|after) {_EVENT}\b"
    rf"|\b{_EVENT},? (?:was )?(?:(?P<more2>{_ABOUT}) )?(?P<count2>{_COUNTS}) (?P<unit2>{_UNIT})s? ago\b",
    re.IGNORECASE,
)
_SPAN = re.compile(rf"\b(?:{_UNIT})s? (?:since|after|ago)\b|\bwas [^.]{{1,20}} when\b|\bwere [^.]{{1,20}} when\b", re.IGNORECASE)  # quick
_AGED = re.compile(rf"\b(?:I was|you were)(?: only| just| barely)? (?P<age>{NUMBER})(?: years old)? when {_EVENT}\b", re.IGNORECASE)
SLACK = 0.3  # share of the time that may be rounded away, and never less than a year


def find(conversations: Sequence[Conversation], personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text that ties a span of years to the event which the persona's years don't bear out."""
    findings = []
    for c, field, text in texts(conversations):
        persona = personas.get(c.persona_id)
        if persona is None or persona.years_since_trauma is None or not _SPAN.search(text):
            continue
        for said in [*_SAID.finditer(text), *(_AGED.finditer(text) if persona.age is not None else ())]:
            years, open_end = _years(said) if said.re is _SAID else ((persona.age or 0) - (number(said["age"]) or 0.0), False)
            known = persona.years_since_trauma
            too_long, too_short = years > known + max(1.0, SLACK * known), years < known - max(1.0, SLACK * known)
            if too_long or (too_short and not open_end):
                message = f"{TEXTS[field]} says `{said[0]}`, for the persona it is {known:g} year{'' if known == 1 else 's'}"
                findings.append(Finding(c.conversation_id, message, field, said[0]))
                break
    return findings


def _years(said: re.Match[str]) -> tuple[float, bool]:
    """(years, whether they are only a least: `more than twenty years`)."""
    count, unit = said["count"] or said["count2"], said["unit"] or said["unit2"]
    more = said["more"] or said["more2"] or ""
    return (number(count) or 1.0) * _UNITS[unit.lower()], more.lower() in ("more than", "over")


CHECK = Check("elapsed", "warning", find, version=2)
