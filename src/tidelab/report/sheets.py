"""The report's tables as sheets, for Markdown and LaTeX: means, gains, what to choose, claims."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tidelab.report import answers, which
from tidelab.report.compared import compared
from tidelab.report.names import label, marks, metric_note, shown_metrics
from tidelab.report.numbers import count, digits, interval, p_value
from tidelab.report.sheet import Cell, Sheet, number

if TYPE_CHECKING:
    from tidelab.report.data import Study


def paper_sheets(study: Study) -> list[Sheet]:
    """Claims, systems, then for each source means, gains and what to choose; headline metrics only."""
    claims, chosen = answers.claims_sheet(study.answers), which.choices(study)
    sheets = [*([claims] if claims else []), compared(study)]
    for source in study.sources:
        sheets += [means(study, source), *gains(study, source)]
    return sheets + which.sheets(study, chosen)


def means(study: Study, source: str) -> Sheet:
    """One row for each system, one column for each headline metric."""
    metrics = shown_metrics(study.metrics)
    rows = {(m["system_id"], m["metric"]): m for m in study.means.to_dicts() if m["source"] == source}
    decimals = {m: digits([r["mean"] for (_, metric), r in rows.items() if metric == m]) for m in metrics}
    cells = []
    for system_id in study.systems:
        name, condition = label(system_id)
        here = [rows.get((system_id, m)) for m in metrics]
        values = [
            number(r["mean"], digits=decimals[m], sub=interval(r["low"], r["high"], digits=decimals[m])) if r else number(None)
            for m, r in zip(metrics, here, strict=True)
        ]
        unscored = sum(r["unscored"] for r in here if r)
        cells.append([Cell(name, condition, marks=marks(system_id, study.nano)), *values, Cell(count(unscored), key=float(unscored))])
    heads = ["System", *(metric_note(m).label for m in metrics), "Unscored"]
    return Sheet(f"means-{source}", f"Mean scores on {source} conversations, with {100 * study.confidence:g}% intervals", heads, cells)


def gains(study: Study, source: str) -> list[Sheet]:
    """Fine-tuned minus zero-shot for each student and headline metric; none where there are no pairs."""
    cells = []
    for metric in shown_metrics(study.metrics):
        for r in study.gains.to_dicts():
            if (r["source"], r["metric"]) != (source, metric):
                continue
            decimals = digits([r["difference"]])
            cells.append(
                [
                    Cell(r["student"], marks=marks(r["student"], study.nano)),
                    Cell(metric_note(metric).label),
                    number(r["difference"], digits=decimals, sign=True, sub=interval(r["low"], r["high"], digits=decimals, sign=True)),
                    Cell(p_value(r["p_holm"]), key=r["p_holm"] if math.isfinite(r["p_holm"]) else None),
                    number(r["d_z"], digits=2, sign=True),
                    number(r["rank_biserial"], digits=2, sign=True),
                    Cell(count(r["n"]), f"{count(r['personas'])} personas", float(r["n"])),
                ]
            )
    if not cells:
        return []
    heads = ["Student", "Metric", "Difference", "p, Holm", "d_z", "Rank-biserial", "n"]
    return [Sheet(f"gains-{source}", f"Gains of fine-tuning on {source} conversations", heads, cells, frozenset({0, 1}))]
