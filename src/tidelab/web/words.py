"""Words: what pages say, in each language. One YAML file per room and language, read when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path

import yaml

RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True)
class Words:
    """The catalogue of one language. Call it with a key and what stands in its {places}; KeyError for an unknown key."""

    language: str
    name: str
    """Of the language, in the language."""
    reviewed: bool
    """Whether somebody who speaks the language has read it; what a machine wrote and nobody read is not."""
    said: Mapping[str, str] = field(repr=False)

    def __call__(self, key: str, **places: object) -> str:
        """The words of a key."""
        return self.said[key].format(**places)

    def __contains__(self, key: object) -> bool:
        return key in self.said

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return "rtl" if self.language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=32)
def words(language: str, room: str) -> Words:
    """The catalogue of a room in a language, with what all rooms share."""
    found = [yaml.safe_load(path.read_text("utf-8")) for name in ("web", room) if (path := _folder(name) / f"{language}.yaml").is_file()]
    said = {key: str(text) for document in found for key, text in document["words"].items()}
    return Words(language, found[0]["name"], all(document["reviewed"] for document in found), said)


def languages(room: str) -> list[str]:
    """Languages in which a room has its words."""
    return sorted(path.stem for path in _folder(room).glob("*.yaml"))


def named(codes: Sequence[str], room: str) -> dict[str, str]:
    """{language: its own name}, by name; a language without a catalogue is called by its code."""
    names = {code: words(code, room).name if code in languages(room) else code for code in codes}
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def accepted(header: str, known: Sequence[str]) -> str:
    """The first of the `known` languages, unless `Accept-Language` puts another of them before it."""
    weighed = []
    for place, part in enumerate(header.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name.lower()))
        except ValueError:
            continue
    for _, _, name in sorted(weighed):
        for language in known:
            if language.lower() == name or language.partition("-")[0].lower() == name.partition("-")[0]:
                return language
    return known[0]


def _folder(room: str) -> Path:
    return Path(str(resources.files(f"tidelab.{room}"))) / "languages"
