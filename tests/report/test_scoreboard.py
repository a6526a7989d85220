from dataclasses import replace

import polars as pl

from tidelab.report.behaviour import behaviours
from tidelab.report.scoreboard import boards, gain_tables


def test_students_stand_before_floors_with_their_numbers_and_marks(study):
    rehearsal, sample = boards(study, behaviours(study), ["cosine", "length"])
    assert [line.name for line in rehearsal.floors] == ["constant", "echo", "nearest"]
    first = rehearsal.students[0]
    assert (first.name, first.condition, first.marks) == ("nano-0.3m", "zero-shot", ("nano",))
    assert (first.n, first.unscored) == ("71", "2")  # one reply without text, under both metrics
    assert (first.copied, first.copied_runs, first.distinct) == ("2%", "31%", "0.20")
    assert [m.label for m in rehearsal.metrics] == ["Cosine", "Length"]
    assert sample.notes == ["No interval: fewer than 5 personas."]
    assert rehearsal.notes == []


def test_lengths_have_one_decimal_and_scores_three(study):
    line = boards(study, behaviours(study), ["cosine", "length"])[0].students[0]
    cosine, length = (v.mean.partition(".")[2] for v in line.values)
    assert (len(cosine), len(length)) == (3, 1)


def test_an_unusual_interval_is_explained_with_its_system_and_metric(study):
    odd = (pl.col("system_id") == "floor:constant") & (pl.col("metric") == "cosine") & (pl.col("source") == "rehearsal")
    means = study.means.with_columns(reason=pl.when(odd).then(pl.lit("no variation between personas")).otherwise("reason"))
    board = boards(replace(study, means=means), behaviours(study), ["cosine"])[0]
    assert board.notes == ["Constant, floor, Cosine: no variation between personas."]


def test_a_metric_that_a_system_lacks_is_shown_as_not_computed(study):
    means = study.means.filter(~((pl.col("system_id") == "floor:echo") & (pl.col("metric") == "cosine")))
    board = boards(replace(study, means=means), behaviours(study), ["cosine"])[0]
    assert board.floors[1].values[0].mean == "–"
    assert "Not computed." in board.notes


def test_gains_are_grouped_by_metric_and_say_what_is_missing(study):
    tables = gain_tables(study, "sample", ["cosine", "meteor", "novelty"])
    assert [t.metric for t in tables] == ["Cosine", "METEOR"]
    assert [line["student"] for line in tables[0].lines] == ["nano-0.3m", "nano-1m", "nano-3m"]
    assert tables[0].notes == ["Interval: fewer than 5 personas."]
    assert tables[0].lines[0]["p"] == ".250"
