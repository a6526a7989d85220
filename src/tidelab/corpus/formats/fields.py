"""Values as they come, made into what a record takes, or the reason why that can't be."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tidelab.records import Persona

PERSONA_FIELDS = tuple(name for name in Persona.model_fields if name != "persona_id")
_LISTS = ("symptoms", "behaviors")
_DEEPEST = 50  # levels of nesting; far beyond any real row, and far below Python's own limit


def fault(value: Any) -> str:
    """Why no table could hold a value, looked for at every depth; empty where nothing is wrong."""
    level = [value]
    for _ in range(_DEEPEST):
        for text in (v for v in level if isinstance(v, str)):
            if "\x00" in text:
                return "contains a NUL character: remove it"
            if any("\ud800" <= c <= "\udfff" for c in text):
                return "is not valid UTF-8: save the file as UTF-8"
        level = [inner for v in level for inner in _inner(v)]
        if not level:
            return ""
    return f"is nested deeper than {_DEEPEST} levels"


def _inner(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, list | tuple) else []


def blank(value: Any) -> bool:
    """Whether nothing was said: None, NaN, an empty list or only white space."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def text(value: Any) -> Any:
    """A number as text (3.0 as `3`, since pandas turns whole numbers with gaps into floats); all else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) else value


def readable(value: str) -> str:
    """Text that can be stored and shown: NUL and what is not valid Unicode, as in some file names, become escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def plain(value: Any) -> Any:
    """A value that JSON can carry; dates and decimals become text."""
    return json.loads(json.dumps(value, default=str, ensure_ascii=False))


def persona(persona_id: str, given: Mapping[str, Any]) -> tuple[Persona, dict[str, str]]:
    """A persona of the fields that could be read, and of each that could not (it stays empty) the reason."""
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if blank(value):
            continue
        if name in _LISTS:
            parts = value.split(";") if isinstance(value, str) else value
            fields[name] = [p.strip() if isinstance(p, str) else p for p in parts if not blank(p)] if isinstance(parts, list) else parts
        elif Persona.model_fields[name].annotation is str:
            fields[name] = value.strip() if isinstance(value, str) else text(value)
        else:
            fields[name] = str(value) if isinstance(value, bool) else value
    try:
        return Persona(persona_id=persona_id, **fields), {}
    except ValidationError as error:
        wrong = {str(e["loc"][0]): e["msg"] for e in error.errors()}
        good = {name: value for name, value in fields.items() if name not in wrong}
        return Persona(persona_id=persona_id, **good), wrong
