"""The report as Markdown: the page's words and tables, without figures and conversations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tidelab.report import answers, methods, provenance
from tidelab.report.claims import SUPPLEMENT, claims
from tidelab.report.losses import quarantined, unscored
from tidelab.report.numbers import many
from tidelab.report.sheets import paper_sheets
from tidelab.report.summary import what_was_found, what_was_run

if TYPE_CHECKING:
    from tidelab.report.data import Study
    from tidelab.report.sheet import Sheet


def markdown(study: Study) -> str:
    """The whole text."""
    may = claims(study)
    ruled = [f"- **{v['verdict']}**: {safe(v['claim'])} {safe(v['why'])}" for v in answers.verdicts(study.answers)]
    missing, dropped = unscored(study), quarantined(study)
    parts = [
        f"# What fine-tuning gained in “{safe(study.name)}”",
        "\n".join(ruled),
        *(safe(sentence) for sentence in what_was_found(study)),
        "## What this report may and may not claim",
        "\n".join(f"- It may claim: {safe(s)}" for s in may.may),
        "\n".join(f"- It may not claim: {safe(s)}" for s in may.may_not),
        f"**{SUPPLEMENT}**",
        "## What was compared",
        safe(what_was_run(study)),
        *(table(sheet) for sheet in paper_sheets(study)),
    ]
    for told in study.answers:
        if told.question != "claims":
            parts += [f"## {safe(told.asks)}", "\n".join(f"- {safe(s)}" for s in told.reading)]
    parts += [
        "## What is missing",
        f"{many(int(missing['rows'].sum()), 'value')} unscored; {many(int(dropped['rows'].sum()), 'row')} quarantined.",
        "\n".join(f"- {r['rows']:,} × {safe(r['system_id'])}: {safe(r['reason'])}" for r in missing.to_dicts()),
        "\n".join(f"- {r['rows']:,} × at {safe(r['stage'])}: {safe(r['reason'])}" for r in dropped.to_dicts()),
        "## Methods",
        safe(methods.paragraph(study)),
        "## Provenance",
        f"```\n{provenance.command(study)}\n```",
        "\n".join(f"- {name}: {safe(value)}" for name, value in provenance.facts(study)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(sheet: Sheet) -> str:
    """A sheet under its title, as a pipe table."""
    rules = ["---" if i in sheet.words else "--:" for i in range(len(sheet.columns))]
    lines = [list(map(safe, sheet.columns)), rules, *([safe(c.plain) for c in row] for row in sheet.rows)]
    body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return "\n\n".join([f"### {safe(sheet.title)}", body, *map(safe, sheet.notes)])


def safe(text: str) -> str:
    """Text in which nothing is taken for markup."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", re.sub(r"\s+", " ", text)).strip()
