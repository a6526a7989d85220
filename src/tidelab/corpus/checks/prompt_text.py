"""prompt_text: words of a prompt or of a model's answer format that leaked into a text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, texts
from tidelab.records import Conversation, Persona

_FIELDS = (
    "persona_id|age_group|relationship_status|living_situation|trauma_type|trauma_topic|trauma_info|session_topic|years_since_trauma|client_profile|"
    "co_occurring_condition|exhibited_behaviors|speech_style|scenario_id|conversation_id|full_conversation"
)
_SLOT = (
    r"(?:your |the |client'?s? |user'?s? |person'?s? |patient'?s? )?"
    r"(?:name|age|gender|occupation|trauma|emotion|insert [^\]}>\n]{1,40}|placeholder|topic)"
)
_LEAKS = re.compile(
    rf"\{{\{{ ?[\w. ]{{1,40}} ?\}}\}}|\{{(?:\w{{1,30}}_\w{{1,30}}|{_SLOT})\}}|[\[<]{_SLOT}[\]>]"  # slots of a template
    rf"|\b(?:{_FIELDS})\b"
    r"|[\"'](?:person|chatbot|role|content|response|reply|assistant|user)[\"'] ?:"  # remnants of JSON
    r"|```|<\|\w{1,30}\|>|\[/?INST\]|</?(?:s|sys|think|system|user|assistant)>|^#{1,4} (?:Response|Instruction|Input|Conversation)\b"
    r"|\bas an? (?:AI\b|artificial intelligence|(?:large )?language model)"
    r"|\b(?:here(?:'s| is| are)|below is) (?:the|a|your|an?other|my)(?: \w+){0,3} "
    r"(?:conversation|dialogue|two-turn|role-?play|JSON|persona|script)\b"
    r"|^(?:Sure|Certainly|Of course|Absolutely)[,!.] (?:here(?:'s| is)|I(?:'ll| will| can) (?:write|create|generate))\b"
    r"|\b(?:in this|for this) (?:scenario|role-?play|dialogue|simulation), (?:the|I)\b"
    r"|\bsystem prompt\b|\bthe (?:persona|client) profile\b|\b(?:stay|remain)(?:ing)? in character\b|\bword count:",
    re.IGNORECASE | re.MULTILINE,
)


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text with such words, on the first of them."""
    return [
        Finding(c.conversation_id, f"{TEXTS[field]} holds words of a prompt or an answer's format: `{leak[0]}`", field, leak[0])
        for c, field, text in texts(conversations)
        if (leak := _LEAKS.search(text))
    ]


CHECK = Check("prompt_text", "error", find)
