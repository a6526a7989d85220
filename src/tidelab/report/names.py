"""How systems, metrics and sources are called on the page, and which marks they carry."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources

import yaml

from tidelab.safety.axes import AXES
from tidelab.scoring.judge import rubric

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


JUDGE_BLIND = (
    "What a language model does not see, and what it prefers in its own kind's wording; docs/scoring.md says how judges are examined."
)
AXIS_BLIND = "Wording that its examples don't cover; its page has recall and precision."


@functools.cache
def _notes() -> dict[str, MetricNote]:
    written = yaml.safe_load(resources.files("tidelab.report").joinpath("notes.yaml").read_text("utf-8"))
    notes = {name: MetricNote(name, **note) for name, note in written.items()}
    axes = {a.name: MetricNote(a.name, a.name.replace("_", " ").capitalize(), f"1 where the reply {a.broken}.", AXIS_BLIND) for a in AXES}
    scales = rubric.load().scales
    judged = {
        n: MetricNote(n, f"Judge: {s.title}", f"{s.question} 1 to 5, by a language model.", JUDGE_BLIND)
        for s in scales
        for n in [f"judge_{s.key}"]
    }
    return notes | axes | judged


def metric_note(name: str) -> MetricNote:
    """The note of a metric; of one that is not described here, its module's first line. A mark behind a judge's name stays there."""
    base, _, mark = name.partition(" (")
    if base in _notes():
        note = _notes()[base]
        return replace(note, name=name, label=f"{note.label} ({mark}") if mark else note
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


def shown_metrics(present: list[str]) -> list[str]:
    """What the page's first tables show: the headline, and overall empathy by judge where there is one."""
    first = headline_metrics(present)
    return first + [m for m in present if m.startswith("judge_overall") and m not in first]
