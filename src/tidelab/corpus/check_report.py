"""What the checks say of a corpus, as JSON-ready figures and as one HTML page. Publishing takes its `checks.json` from `summary`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tidelab.corpus import checks
from tidelab.corpus.checks import Checked, Finding
from tidelab.corpus.formats import Import
from tidelab.records import Conversation

_AROUND = 160  # characters shown to either side of what a finding rests on
_FIRST = 320  # characters shown of a text of which no words are marked


def summary(found: Import, checked: Checked) -> dict[str, Any]:
    """Counts without texts: `personas`, `read`, `used`, `quarantined`, `flagged`, `warnings`, and one row of `checks` for each that ran."""
    rows = len(found.conversations)
    unread = Counter(q.stage for q in found.quarantined)
    return {
        "personas": len(found.personas),
        "read": rows,
        "used": len(checked.kept),
        "quarantined": len(found.quarantined) + len(checked.quarantined),
        "flagged": len({f.conversation_id for f in checks.flags(checked)}),
        "unreadable": sum(unread.values()),
        "warnings": found.warnings,
        "checks": [_row(check, checked.findings[check.name], rows) for check in checks.checks(list(checked.findings))],
    }


def _row(check: checks.Check, findings: Sequence[Finding], rows: int) -> dict[str, Any]:
    conversations = len({f.conversation_id for f in findings})
    return {
        "check": check.name,
        "outcome": "quarantined" if check.severity == "error" else "flagged",
        "conversations": conversations,
        "share": round(conversations / rows, 6) if rows else 0.0,
        "findings": len(findings),
        "version": check.version,
    }


class Example(NamedTuple):
    """A finding beside its text: what stands before the words it rests on, those words, and what stands after."""

    conversation_id: str
    message: str
    before: str
    marked: str
    after: str


def examples(findings: Sequence[Finding], conversations: Sequence[Conversation], most: int) -> list[Example]:
    """The first `most` findings with the text they are about; `marked` is empty where a finding rests on no words of it."""
    by_id = {c.conversation_id: c for c in conversations}
    return [_example(f, by_id[f.conversation_id]) for f in findings[:most]]


def _example(finding: Finding, c: Conversation) -> Example:
    from tidelab.corpus.checks._wording import plain

    text = plain(getattr(c, finding.field) if finding.field else f"{c.person}\n\n{c.chatbot}")
    at = text.find(finding.quote) if finding.quote else -1
    if at < 0:
        return Example(finding.conversation_id, finding.message, _cut(text, _FIRST), "", "")
    end = at + len(finding.quote)
    before = ("… " if at > _AROUND else "") + text[max(0, at - _AROUND) : at]
    return Example(finding.conversation_id, finding.message, before, _cut(finding.quote, _FIRST), _cut(text[end:], _AROUND))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + " …"


def page(name: str, found: Import, checked: Checked, most: int = 20) -> str:
    """One self-contained HTML page: counts by check, then up to `most` examples of each with the words marked, then what was left out.

    Every text is escaped; a policy in the head forbids scripts and anything from outside.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tidelab.corpus", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    left_out = [*found.quarantined, *checked.quarantined]
    return environment.get_template("checks.html.j2").render(
        name=name,
        told=summary(found, checked),
        shown={check: examples(findings, found.conversations, most) for check, findings in checked.findings.items() if findings},
        counts={check: len(findings) for check, findings in checked.findings.items()},
        left_out=left_out[:most],
        left_out_count=len(left_out),
    )
