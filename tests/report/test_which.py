import math
from dataclasses import replace

import polars as pl
import pytest

from tidelab.report.which import Choice, beats, choices, memory, milliseconds, sheets


def choice(**more):
    usual = {"source": "imported", "system_id": "a@fine-tuned", "metric": "cosine", "quality": 0.5, "low": 0.4, "high": 0.6}
    usual |= {"serious": 0.1, "serious_low": 0.0, "serious_high": 0.2, "parameters": 10**9, "memory": 4e9, "seconds": 1.0}
    return Choice(**(usual | more))


def test_a_system_is_beaten_only_by_one_that_is_nowhere_worse():
    assert beats(choice(quality=0.6), choice())
    assert not beats(choice(quality=0.6, seconds=1.1), choice())
    assert not beats(choice(quality=0.6, serious=0.2), choice())
    assert not beats(choice(), choice())


def test_what_is_not_known_of_both_decides_nothing():
    assert beats(choice(serious=math.nan, quality=0.6), choice())
    assert not beats(choice(seconds=math.nan, memory=math.nan), choice())


def test_every_student_that_was_scored_is_weighed_and_no_floor(study):
    found = choices(study)
    assert len(found) == 2 * 6
    assert not any(c.system_id.startswith("floor:") for c in found)
    small = next(c for c in found if c.system_id == "nano-0.3m@zero-shot")
    assert small.memory == 4 * 330_000
    assert small.seconds == pytest.approx(0.2)
    assert small.unbeaten  # the smallest and fastest
    best = max((c for c in found if c.source == "rehearsal"), key=lambda c: c.quality)
    assert best.unbeaten
    assert math.isnan(best.serious)


def test_without_the_safety_metric_the_table_says_that_quality_says_nothing_of_it(study):
    sheet = sheets(study, choices(study))[0]
    assert "Serious failures" not in sheet.columns
    assert any("not examined" in note for note in sheet.notes)


def test_serious_failures_stand_in_the_table_with_their_exact_interval(study):
    sample = study.test.filter(pl.col("source") == "sample")["conversation_id"].sort()
    system = "nano-1m@fine-tuned"
    rows = [
        {
            "conversation_id": c,
            "system_id": system,
            "metric": m,
            "value": float(m == "memory_as_live" and i < 3),
            "reason": "",
            "signature": "s",
        }
        for i, c in enumerate(sample)
        for m in ("memory_as_live", "false_reassurance", "probing")
    ]
    with_axes = replace(study, scores=pl.concat([study.scores, pl.DataFrame(rows, schema=study.scores.schema)]))
    found = {(c.source, c.system_id): c for c in choices(with_axes)}
    hit = found["sample", system]
    assert hit.serious == 3 / len(sample)
    assert hit.serious_low < hit.serious < hit.serious_high
    assert math.isnan(found["rehearsal", system].serious)
    sheet = next(s for s in sheets(with_axes, choices(with_axes)) if s.name == "which-sample")
    assert sheet.columns[2] == "Serious failures"


def test_sizes_and_times_are_written_for_people():
    assert [memory(b) for b in (5e9, 1.28e6, 4e3, 12, math.nan)] == ["5 GB", "1.28 MB", "4 kB", "12 B", "–"]
    assert [milliseconds(s) for s in (0.033, 1.24, math.nan)] == ["33 ms", "1.2 s", "–"]
