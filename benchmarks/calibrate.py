"""Type I error of every test under its null, and coverage of every interval, on simulated studies with clustering like ours.

    python benchmarks/calibrate.py [--quick] [--out benchmarks/results/calibration.json]

Personas differ in their gain (standard deviation .05) around none, conversations within a persona by .10: six each, so that ratings
taken as independent are wrong by a known amount, which is shown beside. Participants and items are crossed; participants like systems in
ways of their own. A test holds its level where the upper end of the exact 95% interval of its rejection rate at .05 is at most .06
(closed-form tests, 10,000 studies); mixed models show their interval (500 studies). `--quick` makes a fiftieth of the studies. What stands
in --out is kept, so that a run that was broken off goes on: each test draws from a generator of its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from result import tell

from tidelab.analysis.bootstrap import intervals
from tidelab.analysis.bradley_terry import bradley_terry, choices_of, differ
from tidelab.analysis.clmm import clmm
from tidelab.analysis.design import Coded
from tidelab.analysis.friedman import after, friedman
from tidelab.analysis.holm import holm
from tidelab.analysis.preferences import _interaction
from tidelab.analysis.safe import exact
from tidelab.analysis.sign_flip import sign_flip
from tidelab.analysis.systems import fit_linear, fit_ordinal
from tidelab.analysis.tost import tost
from tidelab.analysis.wilcoxon import wilcoxon
from tidelab.mixed.lmm import lmm

SEED = 20250801
STUDIES, SLOW_STUDIES, COVERAGE_STUDIES = 10_000, 500, 2_000
PERSONAS, EACH = 100, 6
SD_PERSONA, SD_ROW = 0.05, 0.10
LEVEL, MOST = 0.05, 0.06


def gains(draw: np.random.Generator, personas: int = PERSONAS, skewed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Differences [rows] without a mean gain, and the persona of each."""
    persona = np.repeat(np.arange(personas), EACH)
    own = draw.exponential(SD_PERSONA, personas) - SD_PERSONA if skewed else draw.normal(0, SD_PERSONA, personas)
    return own[persona] + draw.normal(0, SD_ROW, len(persona)), persona


def means(draw: np.random.Generator, personas: int = PERSONAS) -> np.ndarray:
    values, persona = gains(draw, personas)
    return np.bincount(persona, values) / EACH


def study(draw: np.random.Generator, people: int = 40, items: int = 30, each: int = 12, systems: int = 3, complete: bool = False) -> Coded:
    """Ratings 1 to 5 of systems that do not differ. Incomplete: one system for each item seen, balanced within a person."""
    person = np.repeat(np.arange(people), each * (systems if complete else 1))
    item = np.concatenate([np.repeat(draw.choice(items, each, replace=False), systems if complete else 1) for _ in range(people)])
    system = np.concatenate(
        [np.tile(np.arange(systems), each) if complete else draw.permutation(np.arange(each) % systems) for _ in range(people)]
    )
    latent = draw.normal(0, 1.0, people)[person] + draw.normal(0, 0.6, items)[item] + draw.normal(0, 0.5, (people, systems))[person, system]
    latent = latent + draw.logistic(0, 1, len(person))
    y = np.digitize(latent, (-2.0, -0.7, 0.7, 2.0)) + 1.0
    item = np.unique(item, return_inverse=True)[1]
    return Coded(y, tuple("abcdefgh"[:systems]), system, person, item, people, int(item.max()) + 1)


def closed_form() -> dict[str, Callable[[np.random.Generator], float]]:
    """Name -> p of one simulated study."""
    from scipy.stats import kruskal, mannwhitneyu, ttest_1samp

    def family(draw: np.random.Generator) -> float:
        shared = draw.normal(0, SD_PERSONA, PERSONAS)
        found = [sign_flip(means(draw) + shared, flips=999, seed=str(draw.integers(2**60))).p for _ in range(3)]
        return min(holm(found))

    def signed_ranks(draw: np.random.Generator) -> float:
        table = study(draw, each=6, complete=True).by_participant()
        return min(holm([wilcoxon(table[:, i] - table[:, j])[0] for i, j in ((0, 1), (0, 2), (1, 2))]))

    def of_pairs(name: str) -> Callable[[np.random.Generator], float]:
        return lambda draw: min(getattr(a, name) for a in after(study(draw, each=6, complete=True).by_participant()))

    def choices(draw: np.random.Generator) -> float:
        c = study(draw, each=6, complete=True)
        first, second, outcome, who = choices_of(*c.by_task())
        return differ(bradley_terry(first, second, outcome, c.systems, who))[3]

    def at_the_margin(draw: np.random.Generator) -> float:
        d = means(draw, 25) + 0.05  # the true difference lies at the margin: equivalence must not be found more often than the level
        return tost(float(d.mean()), float(d.std(ddof=1)) / 5, 24, 0.05).p

    return {
        "sign-flip over personas": lambda draw: sign_flip(means(draw), flips=999, seed=str(draw.integers(2**60))).p,
        "sign-flip over 12 personas, exact": lambda draw: sign_flip(means(draw, 12), flips=0, seed="").p,
        "Wilcoxon over personas": lambda draw: wilcoxon(means(draw))[0],
        "Holm over 3 students, any rejection": family,
        "Friedman, participants' means": lambda draw: friedman(study(draw, each=6, complete=True).by_participant()).p,
        "Nemenyi, any pair": of_pairs("p_nemenyi"),
        "Conover-Holm, any pair": of_pairs("p_conover_holm"),
        "Wilcoxon-Holm, any pair": signed_ranks,
        "Bradley-Terry, sandwich by participant": choices,
        "equivalence (TOST) at the margin": at_the_margin,
        "Mann-Whitney over participants": lambda draw: mannwhitneyu(means(draw, 20), means(draw, 30)).pvalue,
        "Kruskal-Wallis over participants": lambda draw: kruskal(means(draw, 15), means(draw, 20), means(draw, 25)).pvalue,
        "WRONG: t-test over rows as if independent": lambda draw: ttest_1samp(gains(draw)[0], 0).pvalue,
    }


def models() -> dict[str, Callable[[np.random.Generator], float]]:
    """The same for tests that need a search."""

    def linear(draw: np.random.Generator) -> float:
        c = study(draw)
        fit, _ = fit_linear(c)
        return fit.test(np.column_stack([np.zeros(2), np.eye(2)])).p

    def only_intercepts(draw: np.random.Generator) -> float:
        c = study(draw)
        fit = lmm(c.y, np.column_stack([np.ones(len(c.y)), c.dummies]), ["", "", ""], {"participant": c.participant, "item": c.item})
        return fit.test(np.column_stack([np.zeros(2), np.eye(2)])).p

    def ordinal(draw: np.random.Generator) -> float:
        return fit_ordinal(study(draw))[0].test(np.eye(2))[2]

    def gee(draw: np.random.Generator) -> float:
        c = study(draw)
        return clmm(c.y, c.dummies, c.systems[1:], {}, robust=c.participant).test(np.eye(2))[2]

    def preference(draw: np.random.Generator) -> float:
        c = study(draw, systems=2)
        return _interaction(c.y, c.participant % 2, c.system, 2, 2, c.participant, c.item)[3]

    def over_students(draw: np.random.Generator) -> float:
        student, persona = np.repeat(np.arange(6), 40), np.tile(np.arange(40), 6)
        y = draw.normal(0, 0.05, 6)[student] + draw.normal(0, SD_PERSONA, 40)[persona] + draw.normal(0, 0.04, 240)
        return lmm(y, np.ones((240, 1)), ["gain"], {"student": student, "persona": persona}).test(np.ones(1)).p

    def scenarios(draw: np.random.Generator) -> float:
        y, persona = gains(draw, 40)
        level = draw.integers(0, 5, len(y))
        fit = lmm(y, np.eye(5)[level], list("abcde"), {"persona": persona})
        return fit.test(np.column_stack([-np.ones(4), np.eye(4)])).p

    def independent(draw: np.random.Generator) -> float:
        from scipy.stats import f_oneway

        c = study(draw, complete=True)
        return float(f_oneway(*(c.y[c.system == s] for s in range(3))).pvalue)

    return {
        "linear mixed model, systems, incomplete design": linear,
        "WRONG: the same without participants' own liking of systems": only_intercepts,
        "cumulative-link mixed model, systems": ordinal,
        "ordinal GEE by participant, systems": gee,
        "linear mixed model, people by replies": preference,
        "mixed model over 6 students": over_students,
        "mixed model, gains by theme": scenarios,
        "WRONG: analysis of variance of ratings as if independent, everybody rates all": independent,
    }


def rate(p: Callable[[np.random.Generator], float], studies: int, name: str) -> dict[str, Any]:
    """Rejections at .05 with their exact interval, and what follows."""
    draw = np.random.default_rng([SEED, *name.encode()])
    found = np.array([p(draw) for _ in range(studies)])
    known = found[~np.isnan(found)]
    rejected = int((known < LEVEL).sum())
    low, high = exact(rejected, len(known), 0.95)
    verdict = "conservative" if high < LEVEL else "holds its level" if high <= MOST else "not shown" if low <= LEVEL else "too often"
    return {
        "studies": len(known),
        "without_result": studies - len(known),
        "rejected": rejected / len(known),
        "low": low,
        "high": high,
        "verdict": verdict,
    }


def coverage(personas: int, studies: int, skewed: bool, method: str) -> dict[str, Any]:
    """How often the interval over personas holds the true mean, which is zero."""
    draw = np.random.default_rng([SEED, personas, skewed, *method.encode()])
    held = 0
    for _ in range(studies):
        values, persona = gains(draw, personas, skewed)
        (i,) = intervals(values[:, None], persona, resamples=1_000, confidence=0.95, seed=str(draw.integers(2**60)), method=method)  # type: ignore[arg-type]
        held += i.low <= 0 <= i.high
    low, high = exact(held, studies, 0.95)
    return {
        "personas": personas,
        "skewed": skewed,
        "method": method,
        "studies": studies,
        "coverage": held / studies,
        "low": low,
        "high": high,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    share = 50 if chosen.quick else 1
    kept = json.loads(chosen.out.read_text("utf-8")) if chosen.out and chosen.out.exists() else {}
    tests, covered = kept.get("tests", {}), kept.get("coverage", [])
    for kind, found, studies in (("closed form", closed_form(), STUDIES), ("model", models(), SLOW_STUDIES)):
        for name, p in found.items():
            if name in tests:
                continue
            tests[name] = {"kind": kind, **rate(p, max(studies // share, 10), name)}
            tell({"seed": SEED, "level": LEVEL, "tests": tests, "coverage": covered}, chosen.out)
    for personas, skewed, method in itertools.product((10, 25, 50, 100), (False, True), ("bca", "percentile")):
        if not any((c["personas"], c["skewed"], c["method"]) == (personas, skewed, method) for c in covered):
            covered.append(coverage(personas, COVERAGE_STUDIES // share, skewed, method))
            tell({"seed": SEED, "level": LEVEL, "tests": tests, "coverage": covered}, chosen.out)


if __name__ == "__main__":
    main()
