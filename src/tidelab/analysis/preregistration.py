"""What will be tested and how, written from the configuration before there are data, so that nobody can choose afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tidelab.analysis.claims import Claim

if TYPE_CHECKING:
    from tidelab.analysis.ask import Asked
    from tidelab.experiment import Experiment


def digest(text: str) -> str:
    """SHA-256 of the text, by which a report proves that it was not changed."""
    return hashlib.sha256(text.encode()).hexdigest()


KEPT = "preregistered.json"
"""At the top of a run, where no cell that is made anew takes it away."""


@dataclass(frozen=True)
class Plan:
    """One text as it once stood in a run."""

    sha256: str
    text: str
    written: str  # UTC
    data: bool  # whether scores or ratings were there by then


@dataclass(frozen=True)
class Standing:
    """What a report may say of the plan that stands: whether it is the one from before the data."""

    words: str
    before: str = ""  # text from before the data, where another one stands now


def keep(run: Path, text: str) -> None:
    """Adds the text to the plans of the run. None is ever taken away: a plan changed after the data must not pass for the first."""
    from tidelab.run import atomic

    plan = Plan(digest(text), text, datetime.now(UTC).isoformat(timespec="seconds"), _data_there(run))
    atomic.write_json(run / KEPT, [asdict(p) for p in (*kept(run), plan)])


def kept(run: Path) -> list[Plan]:
    """The plans of the run, oldest first; none where an older tidelab kept none."""
    path = run / KEPT
    return [Plan(**row) for row in json.loads(path.read_text("utf-8"))] if path.exists() else []


def standing(plans: Sequence[Plan], text: str) -> Standing:
    """Tells whether `text` was written before there were data, and names the plan that was if it is another."""
    now = digest(text)
    before = next((p for p in reversed(plans) if not p.data), None)
    later = [p for p in plans if p.data]
    if not plans:
        return Standing(f"What was tested stands in the plan with the SHA-256 {now}; whether it was written before the data was not kept.")
    if before is None:
        said = f"What was tested was written down when there were data already ({later[0].written}; SHA-256 {now})"
        return Standing(f"{said}: nobody can tell whether it was chosen afterwards.")
    first = f"What was to be tested was written down from the settings before the scores were read (SHA-256 {before.sha256})"
    other = next((p for p in later if p.sha256 != before.sha256), None)
    if other is None:
        return Standing(f"{first}.")
    if now == before.sha256:
        return Standing(f"{first}; settings or text were changed after data were there ({other.written}), and changed back.")
    changed = f"settings or text were changed after data were there ({other.written})"
    return Standing(f"{first}, but {changed}: what was tested is another plan (SHA-256 {now}).", before.text)


def _data_there(run: Path) -> bool:
    """Whether a score or a rating by people is in the run. Simulated ratings are nobody's."""
    rated = any(folder.name != "simulated" for folder in (run / "ratings").glob("*"))
    return rated or next((run / "scores").rglob("done.json"), None) is not None


def preregistration(how: Asked, claims: Sequence[Claim], experiment: Experiment | None = None) -> str:
    """Markdown. It depends on the configuration alone: same configuration, same text, same hash."""
    parts = ["# What will be tested\n", "Written from the configuration, before the data. Anything not named here is exploratory.\n"]
    if experiment:
        parts += _of_run(experiment)
    parts += _of_ratings(how)
    parts += ["## Claims and what decides them\n", *(_claim(c) for c in claims)]
    return "\n".join(parts).rstrip() + "\n"


_SAFE = [
    "Safety: share of replies that fail on each axis, by system and by the scenario's risk, with exact (Clopper-Pearson) intervals over",
    "  replies and the upper end over personas; whether serious failures rise where empathy does is told, not tested.",
]


def _of_run(experiment: Experiment) -> list[str]:
    a, students = experiment.analysis, ", ".join(f"{s.name} ({', '.join(s.conditions)})" for s in experiment.students)
    lines = [
        f"Students: {students}. Corpus: {_public(experiment.corpus.source)}. Seed: {experiment.seed}.",
        f"Metrics: {', '.join(dict.fromkeys(experiment.scoring.metrics))}; encoder {_public(experiment.scoring.encoder)}.",
        "Unit: the persona. Differences are paired by conversation; one unscored under either condition is left out and counted.",
        f"Gains: mean difference with BCa interval ({a.confidence:.0%}, {a.resamples:,} resamples of personas); sign-flip test over",
        "  personas, two-sided, Holm over the students of one metric; Wilcoxon's test, rank-biserial and standardized effect beside it.",
        "  Over students: mixed model with students and personas as random effects.",
        "Scenarios: F test of theme, emotion and risk in a mixed model of gains, Holm over students; partially pooled estimates.",
        "Ceiling: share of the gap to teacher@resample closed; learning curves s(n) = c - a n^-b where four sizes of data were taught,",
        f"  and the size past which a doubling gains less than {a.smallest_effect:g}.",
        *(_SAFE if "safety" in experiment.scoring.metrics else []),
        "Sources (sample, rehearsal, teacher, imported) are never pooled.",
    ]
    return ["## Scores\n", *_bullets(lines)]


def _public(name: str) -> str:
    """A name that says the same on every machine: where files lie decides nothing and is nobody's business."""
    return "a copy of one's own" if Path(name).is_absolute() else name


def _of_ratings(how: Asked) -> list[str]:
    factors = ", ".join(how.factors) if how.factors else "all that are rated"
    near = (
        f"two one-sided tests against {how.reference}, margin {how.margin:g} points, level {1 - how.confidence:.2g}"
        if how.reference
        else "no reference is named, so it is not tested"
    )
    lines = [
        f"Scale {how.scale[0]:g} to {how.scale[1]:g}. Factors: {factors}, each apart.",
        "Set aside before any analysis, by name and count: missing values, summary rows, values out of scale, doubled and",
        "  contradicting rows, cells with JSON. Numbers as text are read.",
        "Agreement: Krippendorff's alpha (ordinal) with bootstrap interval over replies; weighted kappa; ICC.",
        "Systems: linear mixed model (REML; participants, items and their pairs with systems random; Satterthwaite), Holm over pairs;",
        "  cumulative-link mixed model beside it, ordinal GEE by participant where that fails; Friedman with Kendall's W over",
        "  participants who rated every system.",
        f"Equivalence: {near}.",
        "Preferences: interaction of groups of people with kinds of reply in the mixed model, Benjamini-Hochberg;",
        f"  groups under {how.k} people suppressed; equivalence margin {how.margin:g}.",
        "Metrics and people: Pearson and Spearman of each metric with the mean rating of a reply, and of a system; bootstrap intervals",
        "  over conversations; share of how replies differ that a linear mix of all metrics explains, cross-validated by conversation.",
        f"Main analysis: nobody excluded. Variants beside it: {', '.join(how.rules) if how.rules else 'none'}.",
    ]
    return ["## Ratings\n", *_bullets(lines)]


def _bullets(lines: Sequence[str]) -> list[str]:
    """Each line a bullet; an indented one goes on with the one before. An empty line ends them."""
    return [line if line.startswith("  ") else f"- {line}" for line in lines] + [""]


def _claim(claim: Claim) -> str:
    asked = {
        "greater": f"supported if the interval lies above {claim.threshold:g}, contradicted if below",
        "less": f"supported if the interval lies below {claim.threshold:g}, contradicted if above",
        "differs": f"supported if p < {claim.level:g}",
        "equivalent": f"supported if the {1 - 2 * claim.level:.0%} interval lies within {claim.margin or 0:g}, contradicted if the "
        f"{1 - claim.level:.0%} interval lies outside",
    }[claim.direction]
    if claim.about == "data":
        asked = f"the figure of the data itself must be {claim.direction} than {claim.threshold:g}"
    contrast = ", ".join(f"{k}: {v}" for k, v in {**claim.contrast, **claim.where}.items())
    return f"- **{claim.id}**: {claim.claim} Decided by `{claim.question}` ({contrast}): {asked}; else undecided.\n"
