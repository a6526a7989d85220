"""The methods paragraph: what was done, with which versions, and the works that describe each method used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import yaml

from tidelab.report.names import metric_note
from tidelab.report.numbers import count, many

if TYPE_CHECKING:
    from tidelab.report.data import Study

_METRICS = {
    "cosine": "reimers2019",
    "bertscore_f1": "zhang2020",
    "rouge_l": "lin2004",
    "meteor": "banerjee2005",
    "distinct_2": "li2016",
}
_PACKAGES = {"transformers": "wolf2020", "trl": "vonwerra2020", "scipy": "virtanen2020", "sentence-transformers": "reimers2019"}

_ASKED = (
    (
        "by_scenario",
        "Gains by scenario were estimated with partial pooling in linear mixed models (REML, Satterthwaite's degrees of freedom).",
        ("patterson1971", "kuznetsova2017"),
    ),
    (
        "learning_curves",
        "Where students were taught on four sizes of data and more, a power law with an asymptote was held against a line and a flat fit "
        "by AICc.",
        ("hestness2017", "hurvich1989"),
    ),
    (
        "systems",
        "Ratings were compared by linear and cumulative-link mixed models (participants and items crossed; ordinal generalized estimating "
        "equations where the latter gave no result), beside Friedman's test, Nemenyi's and Conover's comparisons after it, and Bradley and "
        "Terry's strengths.",
        ("patterson1971", "kuznetsova2017", "christensen2022", "liang1986", "friedman1937", "nemenyi1963", "conover1999", "bradley1952"),
    ),
    ("choices", "Choices between two replies were put in order by Bradley and Terry's model.", ("bradley1952",)),
    (
        "preferences",
        "Groups of people were compared by interactions in mixed models beside rank tests, with Benjamini and Hochberg's correction.",
        ("kruskal1952", "mann1947", "benjamini1995"),
    ),
    ("near", "Equivalence was tested by two one-sided tests.", ("schuirmann1987",)),
    (
        "people_agree",
        "Agreement is Krippendorff's alpha, Cohen's weighted kappa and intraclass correlation in Shrout and Fleiss's forms, with McGraw "
        "and Wong's names beside them.",
        ("krippendorff2004", "cohen1968", "shrout1979", "mcgraw1996"),
    ),
    ("safe", "Shares of failures have exact intervals.", ("clopper1934",)),
)

_ROBUST = (
    "Where there were more pairs of participants or items with systems than a mixed model can be fitted of in reasonable time, errors are "
    "robust to participants and items.",
    ("cameron2011",),
)


def sentences(study: Study) -> list[tuple[str, tuple[str, ...]]]:
    """(sentence, keys of the works it cites)."""
    conditions = sorted({s.partition("@")[2].partition("~")[0] for s in study.systems if "@" in s})
    metrics = [m for m in study.metrics if m in _METRICS] or study.metrics
    packages = study.info.get("packages", {})
    said: list[tuple[str, tuple[str, ...]]] = [
        (
            f"{many(len(study.roster), 'student model')} answered {many(len(study.test), 'test conversation')} of "
            f"{many(study.test['persona_id'].n_unique(), 'persona')} ({', '.join(study.sources)}), used {', '.join(conditions)}; no "
            "persona of the test split was seen in training. The design follows The Pursuit of Empathy.",
            ("bn2025",),
        ),
        (
            f"Replies were scored by {', '.join(metric_note(m).label for m in metrics)}.",
            tuple(dict.fromkeys(_METRICS[m] for m in metrics if m in _METRICS)),
        ),
        (
            f"Intervals are {100 * study.confidence:g}% bootstrap intervals that resample personas ({count(study.resamples)} resamples), "
            "bias-corrected and accelerated.",
            ("efron1987",),
        ),
    ]
    if len(study.gains):
        said.append(
            (
                "Fine-tuned and zero-shot scores were compared pair by pair: sign-flip permutation test and Wilcoxon signed-rank test on "
                "persona means, with the standardized mean difference and the matched-pairs rank-biserial correlation.",
                ("good2005", "wilcoxon1945", "kerby2014"),
            )
        )
        said.append(("Holm's correction counts all students of one source and metric.", ("holm1979",)))
    asked = {told.question for told in study.answers if any(told.parts.values())}
    said += [(sentence, keys) for question, sentence, keys in _ASKED if question in asked]
    if any(row.get("errors") for told in study.answers if told.question == "systems" for row in told.parts.get("tests", [])):
        said.append(_ROBUST)
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    info = study.info
    said.append(
        (
            f"Computed with tidelab {info.get('version', '(version unknown)')} (revision {info.get('git') or 'unknown'}) on Python "
            f"{info.get('python', '(unknown)')}{': ' + versions if versions else ''}; seed {study.seed}.",
            tuple(dict.fromkeys(_PACKAGES[p] for p in packages if p in _PACKAGES)),
        )
    )
    if study.planned[0]:
        said.append((study.planned[0], ()))
    return said


def paragraph(study: Study, *, cite: bool = False, escape: Callable[[str], str] = str) -> str:
    """The paragraph; with `cite` each sentence ends in its LaTeX citations."""
    told = []
    for sentence, keys in sentences(study):
        cited = rf"~\cite{{{','.join(keys)}}}" if cite and keys else ""
        told.append(escape(sentence.removesuffix(".")) + cited + ".")
    return " ".join(told)


def bibtex(study: Study) -> str:
    """BibTeX of the works that the paragraph cites, in its order; above each where it was checked, or that nobody did."""
    from importlib.resources import files

    known = yaml.safe_load((files("tidelab.report") / "works.yaml").read_text("utf-8"))
    keys = dict.fromkeys(key for _, cited in sentences(study) for key in cited)
    entries = []
    for key in keys:
        work = dict(known[key])
        kind, source, read = work.pop("kind"), work.pop("source", None), work.pop("read", None)
        checked = f"checked on {source}, {read}" if source else "unverified: written down from memory"
        fields = "".join(f"  {name} = {{{value}}},\n" for name, value in work.items())
        entries.append(f"% {checked}\n@{kind}{{{key},\n{fields}}}\n")
    return "\n".join(entries)
