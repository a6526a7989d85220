"""What the page may and may not claim, decided by what the run holds and not by its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidelab.report.numbers import many

if TYPE_CHECKING:
    from tidelab.report.data import Study

SUPPLEMENT = (
    "tidelab supplements research. It is no medical device and replaces no clinical care. "
    "The replies on this page were scored, not recommended."
)


@dataclass(frozen=True)
class Claims:
    """may / may_not: sentences; testable: whether the paper's claims about metrics can be examined at all."""

    may: list[str]
    may_not: list[str]
    testable: bool


def claims(study: Study) -> Claims:
    """From the kinds of students and the sources of the conversations."""
    sources = set(study.sources)
    nano = sorted(s for s, is_nano in study.nano.items() if is_nano)
    real = [s for s, is_nano in study.nano.items() if not is_nano]
    may, may_not = [], []

    if nano:
        may.append("It may claim that every part of the study works: corpus, teaching, replies, scoring, statistics.")
        may_not.append(
            f"No claim about real models. {many(len(nano), 'student')} here ({', '.join(nano)}) "
            f"{'is a nano student' if len(nano) == 1 else 'are nano students'}: under ten million parameters, "
            "made and trained inside this run. Their numbers are marked nano."
        )
    if real:
        may.append(f"It may compare {', '.join(real)} with each other and with the floors, by these metrics and on these conversations.")
    if "rehearsal" in sources:
        may_not.append(
            "No claim about people. The rehearsal conversations were composed by a grammar; nobody wrote or lived them. "
            "Their numbers are marked rehearsal."
        )
    if "sample" in sources:
        may_not.append(
            "No clinical claim from the sample conversations: a language model wrote them one at a time and the team read them over; "
            "no clinician has reviewed them yet."
        )
    if "imported" in sources:
        may_not.append(
            "No claim about who wrote the imported conversations, with what consent, or whether clinicians saw them: "
            "tidelab knows of them what their files say."
        )
    may_not.append(
        "No claim about empathy as people feel it: no person rated a reply in this run. The metrics measure likeness to one reference."
    )
    testable = not nano and not sources & {"rehearsal", "sample"}
    if not testable:
        may_not.append("The claims of the paper (Pursuit of Empathy, EMNLP 2025) are not testable here.")
    else:
        may_not.append("Of the paper's claims (Pursuit of Empathy, EMNLP 2025), those on human ratings are not testable here.")
    return Claims(may, may_not, testable)
