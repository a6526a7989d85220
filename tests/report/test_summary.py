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


def test_a_floor_that_comes_near_is_named_as_a_warning(study):
    high = study.means.with_columns(
        [pl.when(pl.col("system_id") == "floor:nearest").then(0.9).otherwise(pl.col(c)).alias(c) for c in ("mean", "low", "high")]
    )
    assert "no sign of understanding" in what_was_found(replace(study, means=high))[0]
    assert "no sign of understanding" not in what_was_found(study)[0]


def test_without_gains_or_means_nothing_is_made_up(study):
    assert what_was_found(replace(study, gains=study.gains.clear(), means=study.means.clear())) == []
