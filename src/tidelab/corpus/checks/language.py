"""language: a text that is not English."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, WORD, texts
from tidelab.records import Conversation, Persona

FEWEST = 8  # words that can tell a language
_READ = 2_000  # characters from the front: enough to tell, however long the text
# Frequent small words of each language, without those that English shares.
_SMALL = {
    "English": "the and to of i a in that is it was for my you not with but have this so be on as at me when are what like all if they from just or he she we out do up your can an by there would been had were about how more no don't it's i'm that's",
    "Spanish": "el la los las de que y en un una por con para no se lo me mi es muy pero como cuando todo esta yo ya hay su más sí fue porque",
    "French": "le la les de des et en un une que qui pour dans je ne pas vous est mon ma ce il elle mais avec sur plus tout j'ai c'est suis au du",
    "German": "der die das und ich nicht ist ein eine zu mit es auf mir mich den dem sie wie wenn aber auch noch nur war habe bin so für von",
    "Italian": "il lo la gli le di che e un una per con non mi si è ma come quando tutto io ho sono della del più nel anche",
    "Portuguese": "o os as de que e em um uma por com para não se me meu minha é mas como quando tudo eu já há seu mais foi porque do da",
    "Dutch": "de het een en van ik niet is dat op te zijn met voor maar mijn als er ook nog wel naar dan heb was ze je mij",
    "Polish": "i w nie na się że z do jest to jak ale mi mnie o tak co po już za od mam było tylko jestem",
    "Tagalog": "ang ng mga sa na ako ay hindi ko ka po si kung may nang ito yung lang siya",
}  # fmt: skip
_WORDS = {language: frozenset(words.split()) for language, words in _SMALL.items()}
_OTHERS = {language: words - _WORDS["English"] for language, words in _WORDS.items() if language != "English"}


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text of 8 words or more (or mostly in another script) that reads as another language than English."""
    return [
        Finding(c.conversation_id, f"{TEXTS[field]} is not English: it reads as {other}", field)
        for c, field, text in texts(conversations)
        if (other := foreign(text))
    ]


def foreign(text: str) -> str:
    """The language or script that a text is in, empty where that is English or can't be told."""
    head = text[:_READ]
    letters = [ch for ch in head if ch.isalpha()]
    beyond = [ch for ch in letters if ord(ch) > 0x24F]
    if len(beyond) > 0.5 * len(letters):
        scripts = Counter(unicodedata.name(ch, "UNKNOWN").split()[0] for ch in beyond)
        return f"{scripts.most_common(1)[0][0].capitalize()} script"
    words = WORD.findall(head.lower())
    if len(words) < FEWEST:
        return ""
    english = sum(word in _WORDS["English"] for word in words)
    counts = {language: sum(word in small for word in words) for language, small in _OTHERS.items()}
    best = max(counts, key=lambda language: counts[language])
    if counts[best] > english and counts[best] >= 0.15 * len(words):
        return best
    return "no language that is known here" if english < 0.08 * len(words) and len(words) >= 2 * FEWEST else ""


CHECK = Check("language", "warning", find)
