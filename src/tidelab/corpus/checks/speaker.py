"""speaker: a text that says of itself that somebody else speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.records import Conversation, Persona

_PERSON = r"person|client|patient|user|human|survivor"
_MARKUP = " \t\n>*_#["  # what may stand before a label
_CHATBOT = r"chatbot|therapist|counsell?or|assistant|listener|bot|ai"


def _label(words: str) -> re.Pattern[str]:
    # At the start of the text, a line or a sentence only: "my therapist: she said" is no label.
    return re.compile(rf"(?:^|\n|[.!?…][\"'”’)]{{0,5}}\s)[{re.escape(_MARKUP)}]{{0,20}}({words})[ \t*_\]]{{0,20}}:", re.IGNORECASE)


_WRONG = {"person": _label(_CHATBOT), "chatbot": _label(_PERSON)}
_WHOSE = {"person": "the person's text", "chatbot": "the reply"}


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text in which a turn of the other speaker is labelled."""
    findings = []
    for c in conversations:
        for field, text in (("person", c.person), ("chatbot", c.chatbot)):
            if wrong := _WRONG[field].search(text):
                begins = "begins with" if not text[: wrong.start(1)].strip(_MARKUP) else "contains"
                findings.append(
                    Finding(c.conversation_id, f"{_WHOSE[field]} {begins} the other speaker's label `{wrong[1]}:`", field, wrong[1])
                )
    return findings


CHECK = Check("speaker", "error", find)
