"""A first look for signs of crisis in what a person writes. It would rather show help once too often than once too seldom.

Words and phrases only: it reads no context, misses what is said obliquely and takes songs and idioms for signs. It never keeps anything
from being saved; it decides only whether help is shown and a note is made.
"""

from __future__ import annotations

import re

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


def sign(text: str) -> str:
    """The gravest sign found: `attempt`, `plan`, `active`, `passive` or `danger`; empty where there is none."""
    plain = text.replace("’", "'")
    return next((stage for stage, pattern in SIGNS.items() if pattern.search(plain)), "")
