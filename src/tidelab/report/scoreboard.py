"""The tables of means and gains, ready to print: one block per source, students before floors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidelab.report.behaviour import Behaviour
from tidelab.report.names import MetricNote, label, marks, metric_note
from tidelab.report.numbers import count, digits, interval, p_value, score, share, size

if TYPE_CHECKING:
    from tidelab.report.data import Study


@dataclass(frozen=True)
class Value:
    """A mean with its interval, as text; `note` says what is missing or unusual."""

    mean: str
    interval: str = ""
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One system's row."""

    name: str
    condition: str
    marks: tuple[str, ...]
    size: str
    values: list[Value]
    n: str
    unscored: str
    stopped: str
    on_topic: str
    copied: str
    copied_runs: str
    distinct: str


@dataclass(frozen=True)
class Board:
    """One source's table."""

    source: str
    conversations: int
    personas: int
    metrics: list[MetricNote]
    students: list[Line]
    floors: list[Line]
    notes: list[str]


def boards(study: Study, behaviours: list[Behaviour], metrics: list[str]) -> list[Board]:
    """One board per source."""
    means = {(m["source"], m["system_id"], m["metric"]): m for m in study.means.to_dicts()}
    manner = {(b.source, b.system_id): b for b in behaviours}
    sizes = dict(zip(study.roster["student"], study.roster["parameters"], strict=True))
    result = []
    for source in study.sources:
        here = study.test.filter(study.test["source"] == source)
        decimals = {m: digits([r["mean"] for key, r in means.items() if key[0] == source and key[2] == m]) for m in metrics}
        lines: dict[bool, list[Line]] = {True: [], False: []}
        notes: dict[str, None] = {}
        for system_id in study.systems:
            rows = [means.get((source, system_id, m)) for m in metrics]
            values = [_value(row, decimals[m]) for row, m in zip(rows, metrics, strict=True)]
            notes |= dict.fromkeys(v.note for v in values if v.note)
            name, condition = label(system_id)
            b = manner[source, system_id]
            present = [row for row in rows if row]
            line = Line(
                name=name,
                condition=condition,
                marks=marks(system_id, study.nano),
                size=size(sizes.get(name)) if condition != "floor" else "",
                values=values,
                n=count(max((row["n"] for row in present), default=0)),
                unscored=count(sum(row["unscored"] for row in present)),
                stopped=share(b.stopped),
                on_topic=share(b.on_topic),
                copied=share(b.copied),
                copied_runs=share(b.copied_runs),
                distinct=score(b.distinct, digits=2),
            )
            lines[condition == "floor"].append(line)
        shown = [metric_note(m) for m in metrics]
        reasons = [note[0].upper() + note[1:] + "." for note in notes]
        result.append(Board(source, len(here), here["persona_id"].n_unique(), shown, lines[False], lines[True], reasons))
    return result


def _value(row: dict[str, Any] | None, decimals: int) -> Value:
    if row is None:
        return Value(score(None), note="not computed")
    ends = interval(row["low"], row["high"], digits=decimals)
    where = ", ".join(label(row["system_id"])) + f", {metric_note(row['metric']).label}: " if ends and row["reason"] else "no interval: "
    return Value(score(row["mean"], digits=decimals), ends, where + row["reason"] if row["reason"] else "")


@dataclass(frozen=True)
class GainTable:
    """The students' gains on one metric; `notes` say what is missing and why."""

    metric: str
    lines: list[dict[str, Any]]
    notes: list[str]


def gain_tables(study: Study, source: str, metrics: list[str]) -> list[GainTable]:
    """One source's gains, metric by metric; metrics without any are left out."""
    tables = []
    for metric in metrics:
        rows = [r for r in study.gains.to_dicts() if r["source"] == source and r["metric"] == metric]
        if rows:
            reasons = dict.fromkeys(reason for r in rows for reason in r["reason"].split("; ") if reason)
            notes = [reason[0].upper() + reason[1:] + "." for reason in reasons]
            tables.append(GainTable(metric_note(metric).label, [_gain_line(row, study.nano) for row in rows], notes))
    return tables


def _gain_line(row: dict[str, Any], nano: dict[str, bool]) -> dict[str, Any]:
    decimals = digits([row["difference"], row["zero_shot"], row["fine_tuned"]])
    return {
        "student": row["student"],
        "marks": marks(row["student"], nano),
        "n": count(row["n"]),
        "personas": count(row["personas"]),
        "zero_shot": score(row["zero_shot"], digits=decimals),
        "fine_tuned": score(row["fine_tuned"], digits=decimals),
        "difference": score(row["difference"], digits=decimals, sign=True),
        "interval": interval(row["low"], row["high"], digits=decimals, sign=True),
        "p": p_value(row["p"]),
        "p_holm": p_value(row["p_holm"]),
        "p_wilcoxon": p_value(row["p_wilcoxon"]),
        "d_z": score(row["d_z"], digits=2, sign=True),
        "rank_biserial": score(row["rank_biserial"], digits=2, sign=True),
    }
