import math

import numpy as np
import polars as pl
import pytest

from tests.analysis import made
from tidelab import agreement
from tidelab.analysis.near import near_in_ratings, near_in_scores
from tidelab.analysis.people_agree import people_agree
from tidelab.errors import TidelabError


def agreed(table, **more):
    return {(r.factor, r.coefficient): r for r in people_agree(table, resamples=300, **more).parts["agreement"].rows}


def rated(columns, factor="e"):
    """A ratings table out of one list of ratings for each person, None where one did not rate."""
    return pl.DataFrame(
        [
            {"conversation_id": f"c{i}", "system_id": "a", "participant_id": f"p{p}", "factor": factor, "value": float(v)}
            for p, column in enumerate(columns) for i, v in enumerate(column) if v is not None
        ]
    )  # fmt: skip


def test_krippendorffs_own_example_comes_out_as_he_published_it():
    # Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability": four observers, twelve units, ordinal alpha .815
    n = None
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, n, n, n],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, n, 3],
        [n, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, n],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, n],
    ]
    found = agreed(rated(observers))["e", "alpha_ordinal"]
    assert found.value == pytest.approx(0.815, abs=0.0005)
    assert found.low < found.value < found.high
    assert (found.items, found.raters) == (11, 4)


def test_raters_of_all_items_give_the_six_forms_and_others_give_the_two_of_variance_components():
    whole = rated([[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]])
    found = agreed(whole, scale=(1, 10))
    assert found["e", "ICC(2,1)"].value == pytest.approx(0.2898, abs=1e-4)
    assert found["e", "ICC(3,k)"].also_called == "ICC(C,k)"
    gaps = agreed(made.ratings(people=30, each=8))
    assert gaps["empathy", "ICC(2,1)"].reason.startswith("raters differ from reply to reply")
    assert 0 < gaps["empathy", "ICC(2,1)"].value < gaps["empathy", "ICC(3,1)"].value < 1


def test_variance_components_of_a_complete_table_are_the_mean_squares_of_shrout_and_fleiss():
    table = made.ratings(people=8, items=30, each=30, systems={"a": 0.0})
    complete = agreed(table)["empathy", "ICC(2,1)"]
    one_gap = agreed(table.filter(~((pl.col("participant_id") == "p000") & (pl.col("conversation_id") == "c00"))))["empathy", "ICC(2,1)"]
    assert one_gap.value == pytest.approx(complete.value, abs=0.01)


def test_people_who_contradict_each_other_have_a_negative_value_that_is_reported_as_such():
    answer = people_agree(rated([[1, 5, 2, 4, 1, 5], [5, 1, 4, 2, 5, 1]]), resamples=300)
    alpha = answer.parts["agreement"].rows[0]
    assert alpha.value < -0.5
    assert "less than chance" in answer.reading[0]


def test_two_raters_pooled_kappas_are_the_symmetric_kappas_of_pairs():
    draw = np.random.default_rng(2)
    one, other = draw.integers(0, 5, 40), draw.integers(0, 5, 40)
    pooled = agreement.of_items(np.stack([one, other], axis=1), 5, resamples=200)
    (pairs,) = agreement.of_pairs([agreement.Question(one.tolist(), other.tolist(), 5)], resamples=200)
    for name in ("alpha", "kappa_linear", "kappa_quadratic"):
        assert pooled[name].value == pytest.approx(pairs[name].value)


def test_factors_are_pooled_without_comparing_one_factor_with_another():
    both = pl.concat([rated([[1, 2, 1, 2, 1], [1, 2, 1, 2, 1]], "x"), rated([[5, 4, 5, 4, 5], [5, 4, 5, 4, 5]], "y")])
    assert agreed(both)["all factors", "alpha_ordinal"].value == pytest.approx(1)


def test_identical_copies_of_a_factor_make_no_interval_narrower():
    one = made.ratings(people=30, items=8)
    copies = agreed(pl.concat([one.with_columns(factor=pl.lit(f)) for f in "abcdefgh"]))
    for name in ("alpha_ordinal", "kappa_linear", "kappa_quadratic"):
        alone, pooled = copies["a", name], copies["all factors", name]
        assert pooled.items == alone.items == 24
        assert pooled.low == pytest.approx(alone.low, abs=0.005) and pooled.high == pytest.approx(alone.high, abs=0.005)
    pooled = copies["all factors", "ICC(2,1)"]
    assert math.isnan(pooled.low) and "once for each factor" in pooled.reason


@pytest.mark.parametrize(
    ("table", "reason"),
    [(rated([[1, 2, 3, 4, 5]]), "no item has two ratings"), (rated([[3, 3, 3, 3, 3], [3, 3, 3, 3, 3]]), "all ratings are the same")],
)
def test_what_has_no_agreement_says_why(table, reason):
    answer = people_agree(table, resamples=300)
    assert math.isnan(answer.parts["agreement"].rows[0].value)
    assert reason in answer.reading[0]


def test_ratings_between_whole_points_have_correlations_but_no_categories():
    found = agreed(rated([[1.5, 2, 3, 4, 5, 2], [1.5, 2.5, 3, 4, 4.5, 2]]))
    assert "no categories" in found["e", "alpha_ordinal"].reason
    assert found["e", "ICC(2,1)"].value > 0.9


def test_a_system_like_the_reference_is_equivalent_and_a_worse_one_is_not():
    rows = {r.system_id: r for r in near_in_ratings(made.ratings(people=80), "reference", margin=0.4).parts["near"].rows}
    assert rows["small@fine-tuned"].verdict == "equivalent"
    assert rows["small@zero-shot"].verdict == "inferior"
    assert rows["small@fine-tuned"].low < -0.1 < rows["small@fine-tuned"].high


def test_few_people_leave_it_undecided_and_say_what_would_decide():
    answer = near_in_ratings(made.ratings(people=4, each=2), "reference", margin=0.3)
    row = next(r for r in answer.parts["near"].rows if r.system_id == "small@fine-tuned")
    assert row.verdict == "undecided"
    assert any("more participants would decide" in line for line in answer.reading)


def test_a_margin_of_nothing_says_why_it_decides_nothing():
    scores, conversations = made.study(gains=(("s", 0.2),), top=0.3)
    for answer in (
        near_in_ratings(made.ratings(), "reference", margin=0.0),
        near_in_scores(scores, conversations, "teacher@resample", ["s@fine-tuned"], margin=0.0),
    ):
        assert all("with a margin of 0 nothing can be shown to be equal" in line for line in answer.reading)
        assert all(row.reason and row.verdict == "undecided" for row in answer.parts["near"].rows)


def test_a_reference_that_nobody_rated_is_an_error_with_those_that_were():
    with pytest.raises(TidelabError, match="'gpt'") as error:
        near_in_ratings(made.ratings(), "gpt", margin=0.3)
    assert "small@fine-tuned" in error.value.mend


def test_scores_are_held_against_the_reference_over_personas():
    scores, conversations = made.study(gains=(("near", 0.295), ("far", 0.1)), top=0.3)
    rows = {
        r.system_id: r
        for r in near_in_scores(scores, conversations, "teacher@resample", ["near@fine-tuned", "far@fine-tuned"], margin=0.1)
        .parts["near"]
        .rows
    }
    assert rows["near@fine-tuned"].verdict == "equivalent"
    assert rows["far@fine-tuned"].verdict == "inferior"
    assert rows["near@fine-tuned"].units == 30
    assert rows["near@fine-tuned"].margin == pytest.approx(0.07, abs=0.005)
