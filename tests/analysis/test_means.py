import json
import math

import polars as pl
import pytest

from tests.analysis.tables import conversations, scores
from tidelab.analysis.means import answer, means


def run(score_table, conversation_table, seed=7):
    return means(score_table, conversation_table, resamples=500, confidence=0.95, seed=seed)


def test_sources_systems_and_metrics_stay_apart():
    sample, rehearsal = conversations(6, source="sample"), conversations(8, source="rehearsal")
    table = pl.concat(
        [
            scores(sample, "a", [0.2] * 12),
            scores(rehearsal, "a", [0.8] * 16),
            scores(rehearsal, "b", [0.6] * 16),
            scores(rehearsal, "a", [30] * 16, metric="length"),
        ]
    )
    found = {(r.source, r.system_id, r.metric): r.mean for r in run(table, pl.concat([sample, rehearsal])).rows}
    assert found == pytest.approx(
        {
            ("sample", "a", "cosine"): 0.2,
            ("rehearsal", "a", "cosine"): 0.8,
            ("rehearsal", "b", "cosine"): 0.6,
            ("rehearsal", "a", "length"): 30,
        }
    )


def test_unscored_rows_are_counted_and_left_out_of_the_mean():
    table = conversations(6)
    (row,) = run(scores(table, "a", [None, 0.5] * 6), table).rows
    assert (row.n, row.unscored, row.personas, row.mean) == (6, 6, 6, 0.5)


def test_a_system_without_any_score_is_shown_with_its_reason():
    table = conversations(6)
    result = run(scores(table, "a", [None] * 12), table)
    (row,) = result.rows
    assert math.isnan(row.mean)
    assert row.unscored == 12
    assert row.reason == "every reply is unscored"
    assert json.loads(result.to_json())["rows"][0]["mean"] is None


def test_the_result_does_not_depend_on_the_order_of_rows():
    table = conversations(9, each=3)
    values = scores(table, "a", [0.01 * i * (i % 3) for i in range(27)])
    assert run(values, table).rows == run(values.reverse(), table.reverse()).rows


def test_the_same_seed_gives_the_same_json():
    table = conversations(9)
    values = scores(table, "a", [0.1 * (i % 5) for i in range(18)])
    assert run(values, table).to_json() == run(values, table).to_json() != run(values, table, seed=8).to_json()


def test_no_scores_at_all_give_an_empty_table_with_its_columns():
    table = conversations(3)
    empty = run(scores(table, "a", [1] * 6).clear(), table).table()
    assert empty.is_empty()
    assert {"source", "mean", "low", "unscored"} <= set(empty.columns)


def test_the_reading_names_the_highest_the_lowest_and_the_highest_student_and_what_is_unscored():
    table = conversations(8)
    rows = [
        scores(table, "floor:echo", [0.6] * 16),
        scores(table, "a@zero-shot", [0.2] * 15 + [None]),
        scores(table, "b@fine-tuned", [0.4] * 16),
    ]
    (said,) = answer(run(pl.concat(rows), table)).reading
    assert said.startswith("cosine (rehearsal): floor:echo 0.600")
    assert "is the highest of 3 systems, a@zero-shot 0.200" in said
    assert "The highest student is b@fine-tuned 0.400" in said
    assert said.endswith(" 1 unscored, in no mean.")


def test_a_metric_that_no_reply_has_is_said_to_have_no_value():
    table = conversations(8)
    (said,) = answer(run(scores(table, "a@zero-shot", [None] * 16), table)).reading
    assert said == "cosine (rehearsal): no system has a value: every reply is unscored."
