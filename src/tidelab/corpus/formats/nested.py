"""TIDE's nested metadata of one persona: `{"client_profile": {...}, "trauma_info": {"type": ..., "session_topic": ...}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidelab.corpus.formats.fields import PERSONA_FIELDS, blank, persona, plain
from tidelab.records import Persona

_NAMES = {"client_profile": {"exhibited_behaviors": "behaviors"}, "trauma_info": {"type": "trauma_type", "session_topic": "trauma_topic"}}
_PLACES = {"behaviors": ("client_profile", "exhibited_behaviors")} | {
    "trauma_type": ("trauma_info", "type"),
    "trauma_topic": ("trauma_info", "session_topic"),
    "years_since_trauma": ("trauma_info", "years_since_trauma"),
}
SAID_ID = "persona_id"
"""Top-level key that names the persona where no file name could."""


def read(persona_id: str, content: Mapping[str, Any]) -> tuple[Persona, dict[str, Any], dict[str, str]]:
    """The persona that metadata tell of, what they say beyond a persona's fields, and {field that can't be read: why}.

    `write(persona, beyond)` gives the same metadata again.
    """
    fields: dict[str, Any] = {}
    beyond: dict[str, Any] = {}
    for section, values in content.items():
        if section == SAID_ID and isinstance(values, str) and not blank(values):
            persona_id = values
            continue
        if section not in _NAMES or not isinstance(values, dict):
            beyond[section] = plain(values)
            continue
        for key, value in values.items():
            name = _NAMES[section].get(key, key)
            if name in PERSONA_FIELDS and name not in fields:
                fields[name] = value
            else:
                beyond.setdefault(section, {})[key] = plain(value)
    who, unread = persona(persona_id, fields)
    if unread:
        beyond["unread"] = {name: plain(fields[name]) for name in unread}
    return who, beyond, unread


def write(who: Persona, beyond: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Metadata of a persona: what is known of it, and what its import said beyond that. Unknown fields are left out."""
    content: dict[str, Any] = {"client_profile": {}, "trauma_info": {}}
    said = who.model_dump()
    for name in PERSONA_FIELDS:
        if not blank(said[name]):
            section, key = _PLACES.get(name, ("client_profile", name))
            others = (beyond or {}).get(section)
            content[section][name if isinstance(others, dict) and key in others else key] = said[name]  # both names were in use
    for section, values in (beyond or {}).items():
        if section == "unread":
            for name, value in values.items():
                place, key = _PLACES.get(name, ("client_profile", name))
                content[place][key] = value
        elif isinstance(content.get(section), dict) and isinstance(values, dict):
            content[section] |= values
        else:
            content[section] = values
    return {section: values for section, values in content.items() if values != {}}
