from dataclasses import replace

import polars as pl

from tidelab.report.summary import what_was_found, what_was_run


def test_the_first_paragraph_counts_students_floors_conversations_and_personas(study):
    text = what_was_run(study)
    assert text.startswith(
        "Three nano students of 330 k to 2.95 M parameters and three floors answered 72 rehearsal and 18 sample test conversations"
    )
    assert "of 15 personas" in text


def test_gains_and_the_best_floor_are_told_for_each_source(study):
    rehearsal, sample = what_was_found(study)
    best = study.gains.filter(pl.col("source") == "rehearsal", pl.col("metric") == "cosine").sort("difference").tail(1).to_dicts()[0]
    assert f"+{best['difference']:.3f}" in rehearsal
    assert "the best floor, nearest" in rehearsal
    assert sample.startswith("Sample conversations")


def test_three_personas_are_said_to_be_too_few(study):
    assert "3 personas are too few" in what_was_found(study)[1]


def with_floor(study, mean, low, high):
    nearest = pl.col("system_id") == "floor:nearest"
    ends = {"mean": mean, "low": low, "high": high}
    return replace(study, means=study.means.with_columns([pl.when(nearest).then(v).otherwise(pl.col(c)).alias(c) for c, v in ends.items()]))


def test_a_floor_that_comes_near_or_passes_is_named_as_a_warning(study):
    assert "understands nothing" not in what_was_found(study)[0]
    assert "no sign of understanding" in what_was_found(with_floor(study, 0.78, 0.75, 0.81))[0]
    assert "scores higher than every student" in what_was_found(with_floor(study, 0.9, 0.89, 0.91))[0]


def test_without_gains_or_means_nothing_is_made_up(study):
    assert what_was_found(replace(study, gains=study.gains.clear(), means=study.means.clear())) == []


def test_the_teacher_asked_once_more_is_no_student_that_floors_are_held_against(study):
    told = what_was_found(study)[0]
    best = study.means.filter(~pl.col("system_id").str.starts_with("floor:"), pl.col("source") == "rehearsal").with_columns(
        system_id=pl.lit("teacher@resample"), mean=pl.lit(0.99)
    )
    with_teacher = replace(study, means=pl.concat([study.means, best.unique(["source", "metric"], maintain_order=True)]))
    assert what_was_found(with_teacher)[0] == told
