"""sentences: a text cut where its sentences end, each piece with its place in the text."""

from __future__ import annotations

import re
from typing import NamedTuple

# A stop with its closing quotes and brackets, then white space, then what can open a sentence; or an empty line.
_END = re.compile(r"""([.!?…]+["')\]]*)\s+(?=["'(\[]*[A-Z0-9])|(\n)\s*\n\s*""")
_NO_END = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sgt|Lt|Col|Capt|vs|etc|e\.g|i\.e|a\.m|p\.m)\.|\b[A-Z]\.|\.\.\.|…)$")


class Sentence(NamedTuple):
    """`text[start:end]` of the text that it was cut from, without the white space around it."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """In order; together they hold every character that is no white space. A title or an initial does not end one.

    Made for English. Text without such marks is one sentence; an empty one has none.
    """
    found, start = [], 0
    for match in _END.finditer(text):
        stop = match.end(1) if match.group(1) else match.start(2)
        if match.group(1) and _NO_END.search(text[:stop].rstrip("\"')]")):
            continue
        found.append((start, stop))
        start = match.end()
    pieces = [*found, (start, len(text))]
    cut = ((at + len(piece) - len(piece.lstrip()), piece.strip()) for at, to in pieces if (piece := text[at:to]).strip())
    return [Sentence(at, at + len(piece), piece) for at, piece in cut]
