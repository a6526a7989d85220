"""unmet_risk: a person who may be in danger, and a reply that neither asks nor names help."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tidelab.corpus.checks import Check, Finding
from tidelab.corpus.checks._wording import clause_before, plain
from tidelab.records import Conversation, Persona

_NOT_WANT = (
    r"(?:(?:do not|don't|didn't|did not|no longer|never) (?:really |even )?(?:want|wanted|wish)|wish(?:ing)? I (?:did not|didn't) have) to"
)
_SIGNS = re.compile(
    rf"\b{_NOT_WANT} (?:be here|be alive|live|wake up|exist|go on living|carry on living)\b(?! (?:with|in|at|like|near|next|that|this))"
    r"|\b(?:kill|hurt|harm|end)(?:ing)? myself\b|\bend(?:ing)? (?:my (?:own )?life|it all)\b|\btak(?:e|ing) my own life\b"
    r"|\b(?:want(?:ed)?|wish(?:ed)?|ready|hop(?:e|ing)|plan(?:ning)?) (?:to (?:die|be dead)|I (?:was|were|could be) dead)\b"
    r"|\bsuicid(?:e|al)\b|\bbetter off (?:without me|if I (?:was|were|wasn't|weren't)|dead)\b"
    r"|\b(?:(?:not|don't|didn't|can't|cannot|no longer|hardly) see (?:the |any |a |much )?|no )(?:point|reason) (?:of|in|to) "
    r"(?:going on|carrying on|go on|living|live|being alive|carry on)\b"
    r"|\b(?:not|never) (?:to have|having) woken up\b|\bnot (?:to )?wake up (?:again|any ?more|tomorrow|one day)\b",
    re.IGNORECASE,
)
# Before a sign in its clause: somebody else's, or denied by the person.
_NOT_MINE = re.compile(
    r"\b(?:he|she|they|his|her|their|brother|sister|friend|father|mother|son|daughter|not thinking (?:of|about)|never (?:of|about))\b"
    r"|\b(?:did not|didn't|will not|won't|would never|wouldn't|not going to) $",
    re.IGNORECASE,
)
_HELP = r"doctor|gp|therapist|counsell?or|someone|somebody|line|helpline|hotline|services?|samaritans|988|911|999|112|nurse|friend"
_MET = re.compile(
    r"\?"  # any question gives the person room to say more
    rf"|\b(?:call|ring|phone|contact|reach out|speak to|talk to|tell|see) (?:\w{{1,20}} ){{0,3}}(?:{_HELP})\b"
    r"|\b(?:crisis|help|suicide|emergency) ?-?(?:line|lines|services?|number|room|department|team)\b|\bhotline\b|\bsamaritans\b|\b988\b"
    r"|\b(?:I(?:'d| would) (?:like|want) to (?:ask|know)|tell me (?:whether|if|how)|let me ask)\b",
    re.IGNORECASE,
)


def find(conversations: Sequence[Conversation], _personas: Mapping[str, Persona]) -> list[Finding]:
    """One finding for each conversation whose person shows a sign of risk to life that the reply passes over."""
    findings = []
    for c in conversations:
        text = plain(c.person)
        sign = next((s for s in _SIGNS.finditer(text) if not _NOT_MINE.search(clause_before(text, s.start()))), None)
        if sign and not _MET.search(plain(c.chatbot)):
            message = f"the person says `{sign[0]}` and the reply neither asks nor names help"
            findings.append(Finding(c.conversation_id, message, "person", sign[0]))
    return findings


CHECK = Check("unmet_risk", "warning", find)
