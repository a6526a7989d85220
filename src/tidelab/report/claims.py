"""What the page may and may not claim, decided by what the run holds and not by its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        may.append("That every part of the study works here: corpus, teaching, replies, scoring, statistics.")
        are = "is a nano student" if len(nano) == 1 else "are nano students"
        may_not.append(
            f"Anything about real models: {', '.join(nano)} {are}, under ten million parameters, made and trained inside this run. "
            "Their numbers are marked nano."
        )
    if real:
        others = " and with each other" if len(real) > 1 else ""
        may.append(f"How {', '.join(real)} compare with the floors{others}, by these metrics and on these conversations.")
    if "rehearsal" in sources:
        may_not.append(
            "Anything about people: the rehearsal conversations were composed by a grammar; nobody wrote or lived them. "
            "Their numbers are marked rehearsal."
        )
    if "sample" in sources:
        may_not.append(
            "Anything clinical: the sample conversations were written and read over by a language model, one at a time; "
            "no clinician has reviewed them yet."
        )
    if "imported" in sources:
        may_not.append(
            "Who wrote the imported conversations, with what consent, and whether clinicians saw them: "
            "tidelab knows of them what their files say."
        )
    rated = (study.cells.get("ratings/collected") or {}).get("notes", {})
    if rated.get("real"):
        may.append(f"What the {rated['participants']:,} people felt who rated replies of this run, and of people drawn like them.")
        may_not.append("What anybody else would feel, or whom a reply would help: ratings are of texts, by those who came.")
    else:
        may_not.append(
            "How much empathy people would feel: nobody rated a reply in this run. The metrics measure likeness to one reference."
        )
    testable = not nano and not sources & {"rehearsal", "sample"}
    which = " on metrics" if rated.get("real") else "" if not testable else " on human ratings"
    if not (testable and rated.get("real")):
        may_not.append(f"The claims of the paper (The Pursuit of Empathy, EMNLP 2025){which}: not testable here.")
    return Claims(may, may_not, testable)
