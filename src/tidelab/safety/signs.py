"""A first look for signs of crisis in what a person writes. It would rather show help once too often than once too seldom.

Two readings of English: phrases that say it plainly, and weights of words and their pieces, learnt by tools/train_signs.py from the
development part of the crisis set, which also take up what is said obliquely and much that is no sign. docs/signs.md says what both find
and miss. They never keep anything from being saved; they decide only whether help is shown and a note is made.
"""

from __future__ import annotations

import functools
import math
import re
import zlib
from collections import Counter
from importlib.resources import files
from io import BytesIO
from typing import Any

BUCKETS = 1 << 15
"""Places for runs of words and of letters, by their CRC-32; several may share one."""
POSSIBLE = "possible"
_SIGNS = {
    "attempt": r"\b(tried|attempted) to (kill|end|hang|drown|hurt) (my ?self|my life|it all)|\bsuicide attempt"
    r"|\boverdosed\b|\btook (all )?(my|the) pills",
    "plan": r"\b(tonight|tomorrow) (i'?m|i am|i'?ll|i will|is) .{0,40}\b(end|over|gone|kill)|\bgoodbye (letter|note)|\bsuicide note"
    r"|\bi have (a plan|what i need|decided) .{0,30}\b(die|end|kill)",
    "active": r"\b(kill|hurt|harm|cut|hang|drown) my ?self|\bend(ing)? (my life|it all)|\btake my (own )?life|\bsuicid(e|al)\b|\bself.?harm"
    r"|\bwant(ed)? to die\b|\bdon'?t want to (live|be alive|exist)|\bkms\b",
    "passive": r"\bbetter off without me|\bwish i (was|were) (dead|never born)|\bno (point|reason) (in |to )?(living|live|going on)"
    r"|\b(not|never) wake up|\bcan'?t go on\b|\bdon'?t want to be here",
    "danger": r"\b(he|she|they|someone) (is|are) (going to|gonna) (hurt|kill) me|\bi'?m not safe\b|\bafraid for my life",
}
SIGNS = {stage: re.compile(pattern, re.IGNORECASE) for stage, pattern in _SIGNS.items()}
_WORD = re.compile(r"[a-z']+")


def sign(text: str, language: str = "en") -> str:
    """The gravest sign said plainly: `attempt`, `plan`, `active`, `passive` or `danger`; else `possible` by the weights; else empty.

    Of another language than English only what somebody wrote in English phrases is found.
    """
    plain = _plain(text)
    said = next((stage for stage, pattern in SIGNS.items() if pattern.search(plain)), "")
    return said or (POSSIBLE if language.startswith("en") and weight(text) >= 0 else "")


def weight(text: str) -> float:
    """How far a text's words speak for a sign, 0 at the threshold; minus infinity for a text without words."""
    places = counts(text)
    if not places:
        return -math.inf
    rarity, weights, intercept = _model()
    strengths = {place: (1 + math.log(n)) * float(rarity[place]) for place, n in places.items()}
    length = math.sqrt(sum(s * s for s in strengths.values()))
    return sum(s * float(weights[place]) for place, s in strengths.items()) / length + intercept


def counts(text: str) -> Counter[int]:
    """How often each bucket occurs: of one to three words in a row, and of three to five letters within a word."""
    words = _WORD.findall(_plain(text).lower())
    runs = [" ".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1)]
    for word in words:
        edged = f"_{word}_"
        runs += ["#" + edged[i : i + n] for n in (3, 4, 5) for i in range(max(1, len(edged) - n + 1))]
    return Counter(zlib.crc32(run.encode()) % BUCKETS for run in runs)


def _plain(text: str) -> str:
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


@functools.cache
def _model() -> tuple[Any, Any, float]:
    """Rarity and weight of each bucket, and the intercept."""
    import numpy as np

    with np.load(BytesIO((files("tidelab.safety") / "data" / "signs.npz").read_bytes()), allow_pickle=False) as kept:
        return kept["rarity"].astype(np.float32), kept["weights"].astype(np.float32), float(kept["intercept"])
