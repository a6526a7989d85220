"""factors: a reference in which a factor of empathy leaves no sign."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import WORD, plain
from tidelab.records import Conversation, Persona

MOST_MISSING = 1  # a good reply may show one factor in words that no list holds; two missing are worth a look
_FEELINGS = (
    "afraid|alone|anger|angry|anguish|anxi\\w+|asham\\w+|awful|betray\\w+|bitter\\w*|bleak|bother\\w*|brave\\w*|broken|burden\\w*|cold|courage|cruel|crush\\w+|cry\\w*|defeat\\w*|despair\\w*|desperat\\w+|"
    "difficult|disappoint\\w*|disgust\\w*|distress\\w*|dread\\w*|embarrass\\w*|empt\\w+|exasperat\\w+|exhaust\\w*|exposed|fear\\w*|fright\\w*|frustrat\\w*|funny|furious|fury|grie\\w+|guilt\\w*|hard|hate\\w*|"
    "heartbreak\\w*|heartbroken|heav\\w+|helpless\\w*|hope\\w*|horrib\\w*|hurt\\w*|insult\\w*|irritat\\w*|isolat\\w*|lonel\\w+|longing|lost|love\\w*|miserable|misery|miss\\w*|mourn\\w*|mortif\\w+|nerv\\w+|numb\\w*|on edge|"
    "overwhelm\\w*|pain\\w*|panic\\w*|powerless\\w*|pride|proud|rage|rattl\\w+|raw|relie\\w+|resent\\w*|rough|sad\\w*|scar[ey]\\w*|shak\\w+|shame\\w*|shock\\w*|sick\\w*|sorrow\\w*|sorry|startl\\w+|sting\\w*|stuck|suffer\\w*|tense|"
    "tension|terrib\\w*|terrif\\w*|terror|tir(?:ed|ing)\\w*|torn|tough|trapped|unbearable|unfair|unsettl\\w*|upset\\w*|vulnerab\\w*|wear(?:y|ying|ied|iness)|worr\\w+|worthless\\w*|wretched"
)  # fmt: skip
_NORMAL = (
    r"common|usual\w*|normal\w*|ordinary|natural\w*|understandabl\w+|human|often|most|plenty|many|lots of|loads of|(?:a lot|lots) of (?:people|us)|anyone|anybody|everyone|everybody|nobody|no one|people|others|some who|those who|"
    r"makes? (?:perfect |complete |a lot of )?sense|no wonder|of course|isn't (?:odd|strange|weak\w*|a (?:gap|failing|flaw|fault|sign))|not (?:odd|strange|weak\w*|dumb|silly|crazy|mad|broken|failing|alone|a (?:failing|flaw|fault|sign|weakness))|"
    r"nothing (?:odd|strange|wrong|ridiculous|shameful|weak)|bod(?:y|ies)|after (?:an?|the|that|what|something|losing|years|all|such)|happens|reasonable|nervous system|brain|to be expected|in your (?:place|shoes)|wouldn't call|allowed|no (?:measure|shame|failing|sign)|tends? to|"
    r"human beings|who wouldn't|trauma|survivors?|veterans?|parents|mothers|women|men|soldiers|nurses|can (?:do|bring|make|leave)"
)
_YOU = re.compile(r"\b(?:you|your|you're|you've|you'd|yourself)\b", re.IGNORECASE)
_FEELING = re.compile(rf"\b(?:{_FEELINGS})\b|\b(?:sounds?|feels?|felt|feeling|I hear|must (?:be|have|feel))\b", re.IGNORECASE)
_NORMALIZES = re.compile(rf"\b(?:{_NORMAL})\b", re.IGNORECASE)
_SAID_BACK = 2  # words of five letters or more that the reply takes over from the person


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each reply in which two or all of the three factors leave no sign."""
    findings = []
    for c in conversations:
        missing = absent(plain(c.person), plain(c.chatbot))
        if len(missing) > MOST_MISSING:
            findings.append(Finding(c.conversation_id, f"the reply shows no sign of {' and '.join(missing)}", "chatbot"))
    return findings


def absent(person: str, reply: str) -> list[str]:
    """The factors of which the reply shows no sign, by its words."""
    signs = {
        "emotion recognition": bool(_FEELING.search(reply)),
        "distress normalization": bool(_NORMALIZES.search(reply)),
        "supportive reflection": bool(_YOU.search(reply)) and len(_long(person) & _long(reply)) >= _SAID_BACK,
    }
    return [factor for factor, shown in signs.items() if not shown]


def _long(text: str) -> set[str]:
    """First five letters of the words of five or more, so that `crashed` and `crash` are one."""
    return {word[:5] for word in WORD.findall(text.lower()) if len(word) >= 5}


CHECK = Check("factors", "warning", find)
