"""How systems, metrics and sources are called on the page, and which marks they carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HEADLINE = ("cosine", "bertscore_f1", "rouge_l", "meteor")
SOURCES = {
    "teacher": "Teacher",
    "imported": "Imported",
    "sample": "Sample",
    "rehearsal": "Rehearsal",
}


@dataclass(frozen=True)
class MetricNote:
    """What a reader must know of a metric: its name, what it measures, what it can't see."""

    name: str
    label: str
    says: str
    blind: str


_NOTES = {
    "cosine": (
        "Cosine",
        "How near reply and reference lie in a sentence encoder's space; 1 is the same meaning to the encoder.",
        "Tone, order and safety: a cold or wrong reply on the same topic lies near, and a kind reply in other words lies far.",
    ),
    "bertscore_p": (
        "BERTScore P",
        "How well each token of the reply is matched by some token of the reference.",
        "What the reply leaves out; a short, safe reply does well.",
    ),
    "bertscore_r": (
        "BERTScore R",
        "How well each token of the reference is matched by some token of the reply.",
        "What the reply adds, harmful sentences included.",
    ),
    "bertscore_f1": (
        "BERTScore F1",
        "Balance of BERTScore P and R.",
        "The order of sentences, negation, and whether the reply fits this person; all its values lie in a narrow band.",
    ),
    "rouge_l": (
        "ROUGE-L",
        "Longest sequence of words that reply and reference share in the same order, as F1.",
        "Any other good wording; stock phrases that everyone uses count in full.",
    ),
    "meteor": (
        "METEOR",
        "Words shared with the reference, stems and synonyms included, less a penalty for scattered matches.",
        "Meaning beyond single words; a long reply that mentions everything does well.",
    ),
    "length": ("Length", "Words in the reply.", "Everything but length; more is not better."),
    "distinct_2": (
        "Distinct-2",
        "Share of word pairs within one reply that differ.",
        "Whether it says the same to everyone: one fixed sentence scores high. The column over all replies shows that.",
    ),
}


def metric_note(name: str) -> MetricNote:
    """The note of a metric; of one that is not described here, its module's first line."""
    if name in _NOTES:
        return MetricNote(name, *_NOTES[name])
    import inspect

    from tidelab.scoring.metric import metrics

    homes = [inspect.getmodule(m.score) for m in metrics().values() if name in m.parts]
    says = ((homes[0].__doc__ if homes and homes[0] else "") or "").strip().partition("\n")[0]
    page = "See its page in docs/metrics."
    return MetricNote(name, name, says or page, page)


def label(system_id: str) -> tuple[str, str]:
    """(name, condition) of a system: (`nano-3m`, `fine-tuned`), (`nearest`, `floor`)."""
    if system_id.startswith("floor:"):
        return system_id.removeprefix("floor:"), "floor"
    student, _, condition = system_id.partition("@")
    return student, condition


def marks(system_id: str, nano: Mapping[str, bool]) -> tuple[str, ...]:
    """Marks that must stand beside a system's numbers. nano: student -> whether it is one."""
    return ("nano",) if nano.get(system_id.partition("@")[0], False) else ()


def headline_metrics(present: list[str]) -> list[str]:
    """The paper's metrics that were computed; all metrics where none of them was."""
    return [m for m in HEADLINE if m in present] or present
