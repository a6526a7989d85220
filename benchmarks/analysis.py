"""All of the analysis of a large run: python benchmarks/analysis.py [--out benchmarks/results/analysis.json]

Claims: means, gains, gains by scenario, gaps and claims of 17 systems x 2,000 conversations x 12 metrics with 10,000 resamples in under
60 s on two cores; intervals at least 20 times as fast as `scipy.stats.bootstrap` in a loop over the same columns, and the same within Monte
Carlo error. scipy is given the personas' sums and counts, paired, a vectorized statistic and BCa, which is its fastest use for means over
clusters; it is timed on a few columns, in turns with ours, and medians of seven rounds are compared.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from result import tell

STUDENTS = 8
PERSONAS, EACH = 100, 20
METRICS = 12
RESAMPLES = 10_000
PEER_COLUMNS = 6
ROUNDS = 7


def tables() -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Scores and conversations: eight students zero-shot and fine-tuned, and the teacher again."""
    draw = np.random.default_rng(1)
    persona = np.repeat(np.arange(PERSONAS), EACH)
    n = len(persona)
    conversations = pl.DataFrame(
        {
            "conversation_id": [f"c{i:05}" for i in range(n)],
            "persona_id": [f"p{p:03}" for p in persona],
            "source": ["teacher"] * n,
            "theme": [f"theme {i % 8}" for i in range(n)],
            "emotion": [f"emotion {i % 11}" for i in range(n)],
            "risk": [("none", "low", "moderate", "elevated")[i % 4] for i in range(n)],
        }
    )
    students = [f"student-{s}" for s in range(STUDENTS)]
    systems = [(f"{s}@{c}", 0.02 * k + 0.1 * (c == "fine-tuned")) for k, s in enumerate(students) for c in ("zero-shot", "fine-tuned")]
    parts = []
    for metric in range(METRICS):
        base = 0.4 + draw.normal(0, 0.05, PERSONAS)[persona] + draw.normal(0, 0.1, n)
        for system, shift in [*systems, ("teacher@resample", 0.35)]:
            values = base + shift + draw.normal(0, 0.03, PERSONAS)[persona] + draw.normal(0, 0.05, n)
            parts.append(
                conversations.select("conversation_id").with_columns(system_id=pl.lit(system), metric=pl.lit(f"m{metric}"), value=values)
            )
    return pl.concat(parts), conversations, students


def ratio(sums: np.ndarray, counts: np.ndarray, axis: int = -1) -> np.ndarray:
    """The mean over rows, out of personas' sums and counts."""
    return sums.sum(axis=axis) / counts.sum(axis=axis)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()

    from scipy.stats import bootstrap

    from tidelab.analysis import claims
    from tidelab.analysis.bootstrap import intervals
    from tidelab.analysis.by_scenario import by_scenario
    from tidelab.analysis.gains import gains
    from tidelab.analysis.gains_over_students import gains_over_students
    from tidelab.analysis.gap_closed import gap_closed
    from tidelab.analysis.means import means

    scores, conversations, students = tables()
    how = {"resamples": RESAMPLES, "confidence": 0.95, "seed": 7}
    asked = claims.read("paper")
    data = claims.Data(scores=scores, conversations=conversations, students=students)
    parts = {
        "means": lambda: means(scores, conversations, **how),
        "gains": lambda: gains(scores, conversations, students, **how),
        "gains_over_students": lambda: gains_over_students(scores, conversations, students),
        "by_scenario": lambda: by_scenario(scores, conversations, students),
        "gap_closed": lambda: gap_closed(scores, conversations, students, **how),
        "claims": lambda: claims.verdicts(asked, data),
    }
    wall, processor, found = {}, {}, {}
    for name, work in parts.items():
        begun, used = time.perf_counter(), time.process_time()
        found[name] = work()
        wall[name], processor[name] = time.perf_counter() - begun, time.process_time() - used

    wide = scores.with_columns(column=pl.col("system_id") + " " + pl.col("metric")).pivot(
        on="column", index="conversation_id", values="value"
    )
    values = conversations.join(wide, on="conversation_id", maintain_order="left").select(wide.columns[1:]).to_numpy()
    persona = np.repeat(np.arange(PERSONAS), EACH)
    counts, sums = np.bincount(persona).astype(float), [np.bincount(persona, values[:, j]) for j in range(PEER_COLUMNS)]
    our_rounds, peer_rounds = [], []
    for _ in range(ROUNDS):
        begun, used = time.perf_counter(), time.process_time()
        ours = intervals(values, persona, resamples=RESAMPLES, confidence=0.95, seed="benchmark")
        our_rounds.append((time.perf_counter() - begun, time.process_time() - used))
        begun, used = time.perf_counter(), time.process_time()
        peers = [
            bootstrap((s, counts), ratio, paired=True, vectorized=True, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(1))
            for s in sums
        ]
        peer_rounds.append(((time.perf_counter() - begun) / PEER_COLUMNS, (time.process_time() - used) / PEER_COLUMNS))
    (our_wall, our_processor), (peer_wall, peer_processor) = (tuple(np.median(r, axis=0)) for r in (our_rounds, peer_rounds))
    worst = 0.0
    for mine, peer in zip(ours, (p.confidence_interval for p in peers), strict=False):
        worst = max(worst, max(abs(peer.low - mine.low), abs(peer.high - mine.high)) / (peer.high - peer.low))
    assert worst < 0.05, "intervals differ by more than Monte Carlo error"
    count = values.shape[1]
    tell(
        {
            "systems": scores["system_id"].n_unique(),
            "conversations": len(conversations),
            "metrics": METRICS,
            "resamples": RESAMPLES,
            "seconds": wall,
            "total_seconds": sum(wall.values()),
            "goal_seconds": 60,
            "processor_seconds": processor,
            "total_processor_seconds": sum(processor.values()),
            "columns": count,
            "interval_seconds": our_wall,
            "interval_processor_seconds": our_processor,
            "scipy_seconds_a_column": peer_wall,
            "scipy_processor_seconds_a_column": peer_processor,
            "times_scipy": float(peer_wall * count / our_wall),
            "times_scipy_processor": float(peer_processor * count / our_processor),
            "goal_times": 20,
            "largest_difference_of_an_end_in_widths": worst,
        },
        chosen.out,
    )


if __name__ == "__main__":
    main()
