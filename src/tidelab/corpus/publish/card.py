"""The data card: README.md with the hub's YAML header, in words for people who would use the data and for those who must judge it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import yaml

from tidelab.corpus.publish import forms, rights
from tidelab.corpus.publish.opened import Corpus

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
REHEARSED = (
    "> **Rehearsal data.** {} of {} conversations were composed by a grammar, not written by a person or a language model. They exist to "
    "try out a study and can support no claim about models or people. The column `source` marks each of them with `rehearsal`."
)
_OTHERS = "Rows whose `source` is `imported` come from somebody else's data set: whether persons are synthetic there, its own card says."


def card(corpus: Corpus, form: str, name: str) -> str:
    """The whole README.md."""
    told = corpus.provenance(form)
    rehearsed = sum(c.source == "rehearsal" for c in corpus.conversations)
    origins = {c.source for c in corpus.conversations}
    parts = [
        f"---\n{yaml.safe_dump(header(corpus, form, name), sort_keys=False, allow_unicode=True)}---",
        f"# {_title(corpus, name)}",
        *([REHEARSED.format(f"{rehearsed:,}", f"{len(corpus.conversations):,}")] if rehearsed else []),
        "Two-turn conversations: a *person* living with the aftermath of trauma writes, and a *chatbot* reply, the reference, answers with "
        "empathy. Made for research on empathetic small language models. "
        + (_OTHERS if "imported" in origins else "All persons are synthetic."),
        "## What it may be used for",
        "Teaching and testing language models in research. It is no medical device, replaces no clinical care, and says nothing about how "
        "common anything is. Do not put a model taught on it before people in distress "
        "without a guard, a clinician's review and a way to human help. Readers may find it heavy; some rows carry signs of hopelessness "
        "(column `risk`).",
        "## What is in it",
        _table(("split", "conversations"), told["splits"].items()),
        _counts("source", (c.source for c in corpus.conversations)),
        _counts("theme", (c.theme for c in corpus.conversations)),
        _counts("risk", (c.risk for c in corpus.conversations)),
        *(
            _counts(what, _of_personas(corpus, field))
            for what, field in (("trauma type", "trauma_type"), ("gender", "gender"), ("age group", "age_group"))
        ),
        ("No persona is in two splits. " if "none" not in told["splits"] else "It is not split yet; split it by persona. ")
        + "`provenance.json` holds the counts by origin, `checks.json` those of the checks.",
        "## Who wrote it",
        "\n".join(f"- {told_of['conversations']:,} conversations: {_words(told_of)}" for told_of in told["written_by"]),
        "Where a language model wrote references, its provider's terms may limit what may be trained on them; what is known of that stands "
        "under Licence.",
        "## Review",
        _review(corpus),
        "## Checks",
        _checks(corpus),
        "## Licence",
        "\n\n".join(_plain(line) for line in rights.text(corpus).splitlines() if line),
        "## Reading it",
        f"`tide run --set corpus.source=DIR` reads this directory{'' if form != 'chat' else ' in every form but this one'}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def header(corpus: Corpus, form: str, name: str) -> dict[str, Any]:
    """The hub's YAML header."""
    origins = {c.source for c in corpus.conversations}
    licence = rights.hub_licence(corpus)
    said: dict[str, Any] = {"license": licence}
    if licence == "other":
        said |= {"license_name": ", ".join(sorted({" ".join(c.licence.split()) for c in corpus.conversations})), "license_link": "LICENSE"}
    said |= {
        "language": ["en"],
        "pretty_name": _title(corpus, name),
        "task_categories": ["text-generation"],
        "size_categories": [next((size for most, size in _SIZES if len(corpus.conversations) < most), "n>1M")],
        "tags": ["empathy", "mental-health", "trauma", *(["synthetic"] if origins - {"imported"} else []), *sorted(origins)],
    }
    if any(rights.gated(c.provenance) for c in corpus.conversations):
        said["extra_gated_prompt"] = "Some rows come from a source that grants access one by one; its conditions hold here too."
    if files := data_files(corpus, form):
        said["configs"] = [{"config_name": "default", "data_files": files}]
    return said


def data_files(corpus: Corpus, form: str) -> list[dict[str, str]]:
    """Which files hold which split, as the hub's `configs` name them; none for TIDE's form, which no table reader knows."""
    splits = list(forms.by_split(corpus))
    if form == "hf":
        return [{"split": split, "path": f"data/{split}-*.parquet"} for split in splits]
    if form == "chat":
        return [{"split": split, "path": f"{split}.jsonl"} for split in splits]
    return [] if form == "tide" else [{"split": forms.UNSPLIT, "path": f"conversations.{form}"}]


def _title(corpus: Corpus, name: str) -> str:
    rehearsed = any(c.source == "rehearsal" for c in corpus.conversations)
    return ("Rehearsal: " if rehearsed else "") + _plain(name)


def _of_personas(corpus: Corpus, field: str) -> Iterable[str]:
    return (str(getattr(corpus.personas[persona_id], field)) for persona_id in sorted({c.persona_id for c in corpus.conversations}))


def _counts(what: str, values: Iterable[str]) -> str:
    counts = Counter(value or "not told" for value in values)
    return _table((what, "personas" if what in ("trauma type", "gender", "age group") else "conversations"), counts.most_common(30))


def _checks(corpus: Corpus) -> str:
    told = corpus.checks()
    left, flagged = told["left_out"], told["flagged"]
    lines = [f"{sum(left.values()):,} rows were left out" + (f" ({_pairs(left)})." if left else ".")]
    lines.append(f"Kept, with a warning: {_pairs(flagged)}." if flagged else "No check warns of what is kept.")
    return " ".join([*lines, "Which checks there are, and in which version, stands in `checks.json`."])


def _review(corpus: Corpus) -> str:
    told = corpus.review()
    if told is None:
        return "No review of these rows is on record here: no clinician is known to have read them."
    return (
        f"{told['approved']:,} of {len(corpus.conversations):,} conversations were approved, each read blind by two reviewers "
        f"({_pairs(told['by'])}); reviewers revised {told['revised']:,} of them. What they rejected or left undecided is not in here. "
        "An approval is these readers' opinion, no proof of clinical worth."
    )


def _pairs(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.items())


def _table(head: tuple[str, str], rows: Iterable[tuple[str, int]]) -> str:
    return "\n".join([f"| {head[0]} | {head[1]} |", "| --- | --- |", *(f"| {_plain(name)} | {n:,} |" for name, n in rows)])


def _words(origin: dict[str, Any]) -> str:
    """An origin's facts as `name value`, those that are nested as JSON."""
    return _plain(", ".join(f"{k} {v if isinstance(v, str | int) else json.dumps(v)}" for k, v in origin.items() if k != "conversations"))


def _plain(text: str) -> str:
    """Text that is nothing but text in Markdown and HTML, on one line."""
    for sign in "\\`*_[]|<>#":
        text = text.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return " ".join(text.split())
