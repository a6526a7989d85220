"""Audience-aware: the system prompt says one more thing to older people and one more to graduates, after the paper's two findings.

Its abstract tells that older adults preferred validation before support, and that graduates preferred emotionally layered replies in
some scenarios. From which age on, and which education, it does not tell there: both are our choice.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from tidelab.students.messages import prompt_file, system_prompt

if TYPE_CHECKING:
    import polars as pl

OLDER = 60
"""Years of age."""
_DEGREE = re.compile(
    r"bachelor|master'?s|master of|doctor|\bph\.?\s?d|\bpost-?graduate|\bgraduate (degree|school)|(university|college) (degree|graduate)",
    re.I,
)


def older(age: int | None) -> bool:
    """Whether the person gets the sentence for older people; an unknown age doesn't."""
    return age is not None and age >= OLDER


def graduate(education: str) -> bool:
    """Whether an education, in the words of its source, is a university degree."""
    return _DEGREE.search(education) is not None


def prompt(age: int | None, education: str) -> str:
    """The system prompt for a person; the plain one where neither finding speaks of them."""
    added = [prompt_file("older")] if older(age) else []
    added += [prompt_file("graduate")] if graduate(education) else []
    return "\n".join([system_prompt(), *added])


def prompts(personas: pl.DataFrame) -> dict[str, str]:
    """persona_id -> system prompt. personas: persona_id, age, education."""
    return {who: prompt(age, education or "") for who, age, education in personas.select("persona_id", "age", "education").iter_rows()}


def prompt_hash() -> str:
    """What decides these prompts beside the personas, for fingerprints."""
    told = [system_prompt(), prompt_file("older"), prompt_file("graduate"), str(OLDER), _DEGREE.pattern]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]
