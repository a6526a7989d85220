"""names: what looks like a real person's full name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import TEXTS, texts
from tidelab.records import Conversation, Persona

_TOKEN = r"[A-Z][a-zà-öø-ÿ]{1,20}(?:[-'][A-Z][a-z]{1,20})?"
_PAIR = re.compile(rf"(?<![\w'.-])({_TOKEN}) ((?:[A-Z]\. |(?:van|von|de|la|bin|al|del|der) )?{_TOKEN})(?![\w-]| (?:{_TOKEN}))")
_STARTS = re.compile(r"(?:^|[.!?…:;\n\"'(*]|[-–—]) *$")
# Capitalized for other reasons: places, days, months, institutions, kin and titles before a name, and words that open a sentence.
_OTHER = frozenset(
    (
        "new old north south east west great saint st san santa los las el la le san port fort mount lake lower upper central united sri hong costa puerto abu "
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december "
        "christmas easter thanksgiving eve day night year boxing black good ash palm mother's father's valentine's veterans memorial remembrance independence halloween ramadan eid "
        "street road avenue lane drive park square court bridge station airport hospital clinic school university college church mosque temple centre center hall house home "
        "beach island river bay valley hill city town county state states kingdom army navy force corps marines police fire department office service council board "
        "i you he she it we they my your his her our their the a an and but or so if when while then that this these those there here what who why how where which "
        "aunt auntie uncle grandma grandpa grandmother grandfather nana granny cousin sister brother mum mom mommy mother dad daddy father mr mrs ms miss dr doctor nurse sergeant captain "
        "officer pastor father rabbi imam sir madam lord god jesus christ holy dear poor little big late only not no yes yeah oh ok okay well sometimes maybe perhaps once after before since "
        "until even just still also because though although as at by for from in into of off on out over to under up with without every all both some many most thank thanks sorry please "
        "english french german spanish italian british american european african asian chinese indian irish scottish welsh arabic polish russian turkish japanese mexican canadian australian "
        "high middle elementary primary secondary grade national royal international american red blue green white grand hotel cafe bar pub inn club store market super burger pizza coffee "
        "face time google apple amazon facebook instagram whatsapp zoom netflix youtube uber xbox play nintendo family medical health mental care support crisis text line life alcoholics narcotics anonymous "
        "purple heart world war cup two one three four five first second half middle vietnam iraq iraqi afghanistan gulf korea bible quran torah psalm lunar "
        "post traumatic stress disorder cognitive behavioral behavioural therapy prolonged exposure human resources occupational general intensive accident emergency"
    ).split()
)  # fmt: skip


def find(conversations: Sequence[Conversation], personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each text, on its first full name that the persona does not hold."""
    findings = []
    for c, field, text in texts(conversations):
        persona = personas.get(c.persona_id)
        known = persona.model_dump_json() if persona else ""
        for match in _PAIR.finditer(text):
            if match[0] not in known and _is_name(match[1], match[2], bool(_STARTS.search(text[max(0, match.start() - 4) : match.start()]))):
                findings.append(Finding(c.conversation_id, f"{TEXTS[field]} names somebody in full: `{match[0]}`", field, match[0]))
                break
    return findings


def _is_name(first: str, last: str, opens: bool) -> bool:
    """Neither token is another kind of capitalized word. At the start of a sentence the first token's capital says nothing."""
    second = last.split()[-1].lower()
    other = first.lower() in _OTHER or second in _OTHER or first.lower().endswith("'s")
    return not other and not (opens and _VERBAL.search(first))


_VERBAL = re.compile(r"(?:ing|ed|ly|s)$")  # "Seeing Anna", "Poured Tom a tea", "Suddenly Ben", "Tell's": no given name ends so, hardly


CHECK = Check("names", "warning", find)
