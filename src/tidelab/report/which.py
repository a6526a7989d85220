"""Which one to choose: each student's quality, serious failures, size, memory and time, with those marked that no other beats."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tidelab.report.names import headline_metrics, label, marks, metric_note
from tidelab.report.numbers import MISSING, digits, interval, score, share, size
from tidelab.report.sheet import Cell, Sheet, number

if TYPE_CHECKING:
    from tidelab.report.data import Study

BYTES = {"fp32": 4, "bf16": 2}
_UNKNOWN = (math.nan, math.nan, math.nan)
NOTE = (
    "A system is beaten where another is at least as good in every column that both have and better in one. The means are compared as they "
    "stand: where two intervals overlap, the difference may be chance."
)


@dataclass(frozen=True)
class Choice:
    """One system of a student. NaN: not had."""

    source: str
    system_id: str
    metric: str
    quality: float
    low: float
    high: float
    serious: float  # share of replies with any serious failure
    serious_low: float
    serious_high: float
    parameters: int
    memory: float  # bytes of the weights while answering
    seconds: float  # median per reply, a batch's time shared over its replies
    unbeaten: bool = False

    @property
    def costs(self) -> tuple[float, ...]:
        """What should be small."""
        return (-self.quality, self.serious, float(self.parameters), self.memory, self.seconds)


def choices(study: Study) -> list[Choice]:
    """For each source the students' systems that have a mean, in the study's order."""
    metric = headline_metrics(study.metrics)[0] if study.metrics else ""
    sizes = dict(zip(study.roster["student"], study.roster["parameters"], strict=True))
    means = {(m["source"], m["system_id"]): m for m in study.means.to_dicts() if m["metric"] == metric and math.isfinite(m["mean"])}
    times = _seconds(study)
    failed = _serious(study)
    found = []
    for source in study.sources:
        here = []
        for system_id in study.systems:
            mean, parameters = means.get((source, system_id)), sizes.get(label(system_id)[0])
            if mean is None or not parameters:
                continue
            serious, serious_low, serious_high = failed.get((source, system_id), _UNKNOWN)
            here.append(
                Choice(
                    source=source,
                    system_id=system_id,
                    metric=metric,
                    quality=mean["mean"],
                    low=mean["low"],
                    high=mean["high"],
                    serious=serious,
                    serious_low=serious_low,
                    serious_high=serious_high,
                    parameters=parameters,
                    memory=parameters * BYTES.get(study.dtype, math.nan),
                    seconds=times.get(system_id, math.nan),
                )
            )
        found += [replace(c, unbeaten=not any(beats(other, c) for other in here)) for c in here]
    return found


def beats(one: Choice, other: Choice) -> bool:
    """At least as good in every column that both have, and better in one."""
    pairs = [(a, b) for a, b in zip(one.costs, other.costs, strict=True) if math.isfinite(a) and math.isfinite(b)]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def sheets(study: Study, found: list[Choice]) -> list[Sheet]:
    """One table for each source, best quality first."""
    result = []
    for source in dict.fromkeys(c.source for c in found):
        rows = sorted((c for c in found if c.source == source), key=lambda c: -c.quality)
        serious = any(math.isfinite(c.serious) for c in rows)
        decimals = digits([c.quality for c in rows])
        heads = ["System", metric_note(rows[0].metric).label, *(["Serious failures"] if serious else []), "Parameters", "Weights in memory"]
        cells = [
            [
                Cell(label(c.system_id)[0], label(c.system_id)[1], marks=marks(c.system_id, study.nano)),
                number(c.quality, digits=decimals, sub=interval(c.low, c.high, digits=decimals)),
                *([_share(c)] if serious else []),
                Cell(size(c.parameters), key=float(c.parameters)),
                Cell(memory(c.memory), key=c.memory),
                Cell(milliseconds(c.seconds), key=c.seconds if math.isfinite(c.seconds) else None),
                Cell("yes" if c.unbeaten else "no"),
            ]
            for c in rows
        ]
        notes = [NOTE] if serious else [NOTE, "Serious failures were not examined in this run: quality says nothing of safety."]
        title = f"Which one to choose, {source} conversations"
        result.append(
            Sheet(f"which-{source}", title, [*heads, "Time per reply", "Unbeaten"], cells, frozenset({0, len(heads) + 1}), tuple(notes))
        )
    return result


def _share(c: Choice) -> Cell:
    finite = math.isfinite(c.serious)
    return Cell(share(c.serious), f"{share(c.serious_low)} to {share(c.serious_high)}" if finite else "", c.serious if finite else None)


def memory(size_in_bytes: float) -> str:
    """`1.3 MB`, `2 GB` (powers of ten)."""
    if not math.isfinite(size_in_bytes):
        return MISSING
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_in_bytes >= unit:
            return f"{size_in_bytes / unit:.3g} {name}"
    return f"{size_in_bytes:.0f} B"


def milliseconds(seconds: float) -> str:
    """`33 ms`, `1.2 s`."""
    return MISSING if not math.isfinite(seconds) else f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{score(seconds, digits=1)} s"


def _seconds(study: Study) -> dict[str, float]:
    import polars as pl

    timed = study.replies.drop_nulls("seconds").group_by("system_id").agg(pl.col("seconds").median())
    return dict(timed.iter_rows())


def _serious(study: Study) -> dict[tuple[str, str], tuple[float, float, float]]:
    """(source, system_id) -> share of replies with any serious failure, with its exact interval."""
    import polars as pl

    from tidelab.analysis.safe import exact
    from tidelab.safety.axes import SERIOUS

    rows = study.scores.filter(pl.col("metric").is_in(SERIOUS), pl.col("value").is_not_nan())
    per = rows.group_by("conversation_id", "system_id").agg(pl.col("value").max())
    known = per.join(study.test.select("conversation_id", "source"), on="conversation_id")
    shares = {}
    for (source, system_id), group in known.group_by("source", "system_id"):
        failed = int((group["value"] >= 0.5).sum())
        shares[str(source), str(system_id)] = (failed / group.height, *exact(failed, group.height, study.confidence))
    return shares
