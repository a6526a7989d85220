"""trauma: a text that speaks of another kind of event than the persona's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, plain
from tidelab.records import Conversation, Persona

# kind -> words for it. Only kinds with words of their own: "the accident" and "the attack" may be many things.
_KINDS = {
    "earthquake": r"earthquakes?|aftershocks?",
    "flood": r"floods?|flooding|tsunami",
    "storm": r"hurricane|tornado|cyclone|typhoon",
    "fire": r"(?:house |kitchen |wild)?fires?",
    "crash": r"(?:car |road |bus |train |plane |motorbike )?crash(?:es)?|collisions?|(?:car|road|traffic) accident",
    "shooting": r"(?:mass |school )?shootings?|gunman|shooter",
    "robbery": r"robbery|robbers?|burglary|break-in|mugging",
    "war": r"war|deployment|combat|convoy|ambush|shelling|air ?strikes?",
    "captivity": r"hostage (?:situation|taking|crisis)|hostages?|hostage-takers?|kidnapping|kidnappers?|captors?|captivity",
    "explosion": r"explosions?|bombing|bomb",
    "dog": r"dog attack|dog bite",
    "rape": r"rape|sexual assault|rapist",
    "police": r"police brutality|protest",
}
# Further words by which a persona's trauma tells its kinds; `*` is any: what a responder or witness met can't be told from the type.
_OF_PERSONA = {
    "earthquake": r"natural disaster", "flood": r"natural disaster", "storm": r"natural disaster",
    "crash": r"road traffic|hit while cycling|motor vehicle", "war": r"military|veteran|refugee|displacement|tour of duty|persecution",
    "captivity": r"detention|abduct|held|captive|imprison", "rape": r"sexual violence|sexual abuse|assault by",
    "explosion": r"terror", "shooting": r"terror|community violence|gun violence", "dog": r"animal attack", "robbery": r"break-in|mugged",
    "police": r"police|arrest",
}  # fmt: skip
# What often comes with a kind, so that naming it contradicts nothing.
_WITH = {
    "earthquake": {"fire", "flood"},
    "storm": {"flood", "fire", "crash"},
    "flood": {"storm", "crash"},
    "fire": {"explosion"},
    "crash": {"fire", "explosion"},
    "war": {"explosion", "shooting", "captivity", "fire", "crash", "robbery", "rape"},
    "explosion": {"fire", "war", "shooting"},
    "captivity": {"war", "robbery", "shooting", "explosion", "rape"},
    "robbery": {"shooting", "captivity"},
    "shooting": {"robbery", "captivity", "explosion", "police", "war"},
    "rape": {"captivity", "robbery", "war"},
    "police": {"shooting", "captivity"},
}
_ANY = re.compile(
    r"first responder|call-out|emergency service|paramedic|childhood|bereavement|grief|loss of|community violence|domestic", re.IGNORECASE
)
_TELLS = {k: re.compile(rf"\b(?:{words}|{_OF_PERSONA.get(k, words)})", re.IGNORECASE) for k, words in _KINDS.items()}
# Definite, and the person's own: "since the fire", "that earthquake", "I was in a crash"; not "like an earthquake", "the fire alarm".
_OWN = (
    r"(?:(?:during|after|since|before|about|in|of|from|survived|through) (?:the|that|my|our)|I was (?:in|caught in) (?:an?|the)"
    r"|the (?:day|night) of the)"
)
_NOT_IT = r"(?! (?:alarm|drill|door|exit|escape|station|engine|truck|officer|test|course|of words|with myself|in my head))"
_SAID = {kind: re.compile(rf"\b{_OWN} ({words})\b{_NOT_IT}", re.IGNORECASE) for kind, words in _KINDS.items()}
_NAMED = {kind: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for kind, words in _KINDS.items()}


def find(conversations: Sequence[Conversation], personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text that names an event of its own of a kind which the persona's trauma is not, and none that it is."""
    findings = []
    known = {name: _kinds(p) for name, p in personas.items()}
    for c in conversations:
        allowed = known.get(c.persona_id)
        if not allowed:
            continue
        both = f"{plain(c.person)}\n{plain(c.chatbot)}"
        if any(_NAMED[kind].search(both) for kind in allowed):
            continue
        fitting = allowed.union(*(_WITH.get(kind, set()) for kind in allowed))
        for field in ("person", "chatbot"):
            said = _other(plain(getattr(c, field)), fitting)
            if said:
                of = personas[c.persona_id]
                trauma = ": ".join(t for t in (of.trauma_type, of.trauma_topic) if t)
                findings.append(
                    Finding(c.conversation_id, f"{TEXTS[field]} says `{said}`, the persona's trauma is `{trauma}`", field, said)
                )
                break
    return findings


def _other(text: str, fitting: set[str]) -> str:
    for kind, pattern in _SAID.items():
        if kind not in fitting and (said := pattern.search(text)):
            return said[0]
    return ""


def _kinds(persona: Persona) -> set[str]:
    """The kinds of event that a persona's trauma tells of, the topic before the type; empty where it can't be told."""
    if _ANY.search(f"{persona.trauma_type} {persona.trauma_topic}"):
        return set()
    return _told(persona.trauma_topic) or _told(persona.trauma_type)


def _told(text: str) -> set[str]:
    return {kind for kind, pattern in _TELLS.items() if pattern.search(text)}


CHECK = Check("trauma", "warning", find)
