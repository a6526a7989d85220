"""promises: a reference that promises what nobody can know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import clause_before, plain
from tidelab.records import Conversation, Persona

_FINE = r"(?:be|turn out|work out) (?:just |perfectly |absolutely )?(?:fine|ok(?:ay)?|al(?:l )?right|good again)"
_PROMISES = re.compile(
    r"\byou(?:'re| are) (?:completely |perfectly |totally |absolutely |now )?safe\b(?! to\b)"
    rf"|\b(?:everything|it|all|things|you)(?:'ll| will|(?:'s| is|'re| are) going to) (?:all )?{_FINE}\b"
    r"|\b(?:nothing|no one|nobody)(?: bad)? (?:can|will|is going to) (?:ever )?(?:hurt|harm|happen to|get to|touch) you\b"
    r"|\b(?:it|this|that) (?:will|can) (?:never|not) happen (?:to you )?again\b"
    r"|\b(?:there(?:'s| is)|you have) nothing (?:(?:left )?to (?:fear|worry about|be (?:afraid|scared) of))\b"
    r"|\bI (?:can )?(?:promise|guarantee)\b",
    re.IGNORECASE,
)
# Words before it in the same clause that make it a question, a doubt or somebody's saying: "whether you are safe".
_HEDGES = re.compile(
    r"\b(?:if|whether|when|until|till|unless|before|not|never|no|without|cannot|\w+n't|say(?:s|ing)?|said|tell(?:s|ing)?|told|hear(?:ing)?"
    r"|hop(?:e|es|ing)|wish(?:es|ing)?|convinc\w+|(?<!\bI )(?:believe[sd]?|feels?|felt|knows?|knew))\b",
    re.IGNORECASE,
)


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each reference, on the first promise in it."""
    findings = []
    for c in conversations:
        text = plain(c.chatbot)
        for promise in _PROMISES.finditer(text):
            if not _HEDGES.search(clause_before(text, promise.start())):
                findings.append(Finding(c.conversation_id, f"the reply promises what it can't know: `{promise[0]}`", "chatbot", promise[0]))
                break
    return findings


CHECK = Check("promises", "warning", find)
