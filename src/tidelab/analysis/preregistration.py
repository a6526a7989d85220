"""What will be tested and how, written from the configuration before there are data, so that nobody can choose afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tidelab.analysis.claims import Claim

if TYPE_CHECKING:
    from tidelab.analysis.ask import Asked
    from tidelab.experiment import Experiment


def digest(text: str) -> str:
    """SHA-256 of the text, by which a report proves that it was not changed."""
    return hashlib.sha256(text.encode()).hexdigest()


def preregistration(how: Asked, claims: Sequence[Claim], experiment: Experiment | None = None) -> str:
    """Markdown. It depends on the configuration alone: same configuration, same text, same hash."""
    parts = ["# What will be tested\n", "Written from the configuration, before the data. Anything not named here is exploratory.\n"]
    if experiment:
        parts += _of_run(experiment)
    parts += _of_ratings(how)
    parts += ["## Claims and what decides them\n", *(_claim(c) for c in claims)]
    return "\n".join(parts).rstrip() + "\n"


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
