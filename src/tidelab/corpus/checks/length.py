"""length: texts so short or long that they are hardly one turn of a talk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.records import Conversation, Persona

FEWEST, MOST = 5, 400  # words; TIDE-style turns have some 40 to 130


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text outside 5-400 words (parted by white space)."""
    return [
        Finding(c.conversation_id, f"{who} has {words:,} word{'' if words == 1 else 's'}, usual are {FEWEST} to {MOST}", field)
        for c in conversations
        for field, who, words in (
            ("person", "the person's text", len(c.person.split())),
            ("chatbot", "the reply", len(c.chatbot.split())),
        )
        if not FEWEST <= words <= MOST
    ]


CHECK = Check("length", "warning", find)
