"""The synonyms that METEOR's third stage asks for, out of WordNet 3.0 as reduced by tools/make_synonyms.py.

Equal to what nltk's METEOR gathers from `wordnet.synsets(word)`; WordNet's licence lies beside the data.
"""

from __future__ import annotations

import functools
import gzip
from importlib.resources import files

# Detachment rules of WordNet's morphy(7), by part of speech.
_ENDINGS = {
    "n": "s: ses:s ves:f xes:x zes:z ches:ch shes:sh men:man ies:y",
    "v": "s: ies:y es:e es: ed:e ed: ing:e ing:",
    "a": "er: est: er:e est:e",
    "r": "",
}
_RULES = {pos: [tuple(rule.split(":")) for rule in rules.split()] for pos, rules in _ENDINGS.items()}


@functools.lru_cache(maxsize=1 << 17)
def synonyms(word: str) -> frozenset[str]:
    """The single words in lower case of all synsets of a word (or of its base forms), and the word itself."""
    found = {word}
    for pos, (index, exceptions) in _dictionary().items():
        bases = exceptions.get(word) or [word[: len(word) - len(old)] + new for old, new in _RULES[pos] if word.endswith(old)]
        for form in (word, *bases):
            for line in index.get(form, ()):
                found.update(name for name in line.split()[1:] if "_" not in name and name == name.lower())
    return frozenset(found)


@functools.cache
def _dictionary() -> dict[str, tuple[dict[str, list[str]], dict[str, list[str]]]]:
    """Per part of speech: word -> its synsets' lines, irregular form -> base forms."""
    dictionary: dict[str, tuple[dict[str, list[str]], dict[str, list[str]]]] = {pos: ({}, {}) for pos in _RULES}
    packed = files("tidelab.scoring").joinpath("data/synonyms.txt.gz").read_bytes()
    for line in gzip.decompress(packed).decode().splitlines():
        pos, *names = line.split()
        if pos[0] == "-":
            dictionary[pos[1]][1][names[0]] = names[1:]
            continue
        index = dictionary[pos][0]
        for name in names:
            index.setdefault(name.lower(), []).append(line)
    return dictionary
