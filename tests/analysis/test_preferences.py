import math

import numpy as np
import polars as pl
import pytest

from tests.analysis import made
from tidelab.analysis.preferences import preferences
from tidelab.errors import TidelabError


def rows(table, **more):
    answer = preferences(table, **more)
    return answer, {(r.person, r.reply): r for r in answer.parts["preferences"].rows}


def test_a_planted_preference_of_one_age_is_found_by_model_and_plain_test_and_gender_is_equivalent():
    answer, found = rows(made.ratings(people=120, older=0.8))
    age = found["age_group", "validation_order"]
    assert age.p_lmm_bh < 0.001
    assert (age.plain, age.groups) == ("Kruskal-Wallis", 3)
    assert age.p_plain_bh < 0.01
    gender = found["gender", "validation_order"]
    assert gender.p_lmm_bh > 0.05
    assert gender.equivalent == "equivalent"
    assert gender.plain == "Mann-Whitney"
    assert -1 < gender.effect < 1
    assert 0 < gender.smallest_detectable < 0.6
    cells = {(c.person, c.group, c.reply): c for c in answer.parts["cells"].rows}
    old, young = (cells["age_group", g, "validation_order"] for g in ("65+", "18-49"))
    assert old.kinds == "before minus after"
    assert old.low > young.mean


def three_genders(table):
    people = sorted(table["participant_id"].unique())
    of = {p: ("man", "non-binary", "woman")[i % 3] for i, p in enumerate(people)}
    return table.with_columns(gender=pl.col("participant_id").replace_strict(of))


def test_three_genders_are_equivalent_only_if_every_pair_of_them_is_after_holm():
    answer, found = rows(three_genders(made.ratings(people=120)), people=["gender"], replies=["layering"])
    row, pairs = found["gender", "layering"], [p for p in answer.parts["pairs"].rows if p.reply == "layering"]
    assert [(p.first, p.second) for p in pairs] == [("man", "non-binary"), ("man", "woman"), ("non-binary", "woman")]
    assert row.equivalent == "equivalent" and all(p.verdict == "equivalent" for p in pairs)
    assert all(p.p_equivalent < p.p_equivalent_holm < 0.05 for p in pairs if p.p_equivalent < max(q.p_equivalent for q in pairs))
    assert abs(row.difference) == max(abs(p.difference) for p in pairs)
    assert row.low < row.difference < row.high and row.pair.count(" minus ") == 1
    assert row.smallest_detectable == max(p.smallest_detectable for p in pairs)
    assert "equivalent within the margin" in answer.reading[-1]


def test_three_genders_too_few_to_tell_have_a_smallest_detectable_difference_and_no_number_is_missing_without_a_word():
    answer, found = rows(three_genders(made.ratings(people=30)), people=["gender"], replies=[], margin=0.1)
    row = found["gender", ""]
    assert row.equivalent == "undecided"
    assert not any(isinstance(v, float) and math.isnan(v) for v in vars(row).values())
    assert f"only {row.smallest_detectable:.2f} points or more would have been found" in answer.reading[0]


def test_one_gender_apart_from_the_others_is_equivalent_to_none():
    table = three_genders(made.ratings(people=120, whole=False))
    table = table.with_columns(value=pl.col("value") + pl.when(pl.col("gender") == "woman").then(1.0).otherwise(0.0))
    answer, found = rows(table, people=["gender"], replies=[], margin=0.5)
    assert found["gender", ""].equivalent == "undecided"
    verdicts = {(p.first, p.second): (p.verdict, p.p_holm < 0.05) for p in answer.parts["pairs"].rows}
    assert verdicts["man", "woman"] == ("undecided", True)
    assert verdicts["man", "non-binary"] == ("equivalent", False)


def test_the_interaction_is_over_people_so_that_many_ratings_of_few_make_no_finding():
    # nobody's group matters; every person has a strong liking of their own for one kind
    small = 0
    for seed in range(25):
        draw = np.random.default_rng(seed)
        table = []
        for p in range(16):
            liking = draw.normal(0, 1)
            for i in range(20):
                value = 3 + (liking if i % 2 else 0) + draw.normal(0, 0.5)
                table.append(
                    {"conversation_id": f"c{i}", "system_id": "a", "participant_id": f"p{p}", "factor": "e", "value": value,
                     "gender": "wm"[p % 2], "layering": "lp"[i % 2]}
                )  # fmt: skip
        small += rows(pl.DataFrame(table))[1]["gender", "layering"].p_lmm < 0.05
    assert small <= 4


def test_groups_under_five_people_are_suppressed_named_and_in_no_test():
    table = made.ratings().with_columns(gender=pl.when(pl.col("participant_id") < "p003").then(pl.lit("other")).otherwise(pl.col("gender")))
    answer, found = rows(table)
    assert found["gender", ""].suppressed == "other"
    assert found["gender", ""].groups == 2
    hidden = [c for c in answer.parts["cells"].rows if c.group == "other"]
    assert hidden and all(c.participants == 0 and math.isnan(c.mean) and "suppressed" in c.reason for c in hidden)
    assert "Not shown: other." in next(line for line in answer.reading if line.startswith("empathy: gender:"))


@pytest.mark.parametrize("hidden", ["suppressed", "declined"])
def test_a_hidden_or_declined_answer_makes_no_group_so_that_two_genders_stay_two(hidden):
    table = made.ratings(people=60)
    some = pl.col("participant_id").is_in(sorted(table["participant_id"].unique())[::4])
    table = table.with_columns(gender=pl.when(some).then(pl.lit(hidden)).otherwise(pl.col("gender")))
    answer, found = rows(table, people=["gender"], replies=[])
    row = found["gender", ""]
    assert (row.groups, row.participants, row.suppressed) == (2, 45, "")
    assert row.equivalent and not math.isnan(row.smallest_detectable)
    assert {c.group for c in answer.parts["cells"].rows} == {"man", "woman"}


def test_a_group_of_one_person_leaves_nothing_to_compare_and_says_so():
    table = made.ratings(people=9).with_columns(gender=pl.when(pl.col("participant_id") == "p000").then(pl.lit("x")).otherwise(pl.lit("y")))
    answer, found = rows(table, people=["gender"], replies=[])
    assert "1 groups of gender with at least 5 people" in found["gender", ""].reason
    assert "can't be said" in answer.reading[0]


def test_empty_cells_of_crossed_factors_are_counted():
    table = made.ratings(people=60).filter(~((pl.col("age_group") == "65+") & (pl.col("validation_order") == "before")))
    row = rows(table, people=["age_group"], replies=["validation_order"])[1]["age_group", "validation_order"]
    assert "empty cells: 1 of 2 contrasts can be tested" in row.reason
    assert row.df1 == 1
    assert not math.isnan(row.p_lmm)


def test_a_constant_rating_says_so_in_both_tests():
    row = rows(made.ratings().with_columns(value=pl.lit(4.0)))[1]["gender", ""]
    assert "every value is the same" in row.reason and "alike" in row.reason
    assert math.isnan(row.p_lmm_bh)


def test_a_participant_in_two_groups_is_an_error_that_names_them():
    table = made.ratings(people=12).with_columns(
        gender=pl.when(pl.col("conversation_id") == "c00").then(pl.lit("z")).otherwise(pl.col("gender"))
    )
    with pytest.raises(TidelabError, match=r"participant p0\d\d has more than one gender"):
        preferences(table)


def test_a_column_that_is_not_there_is_an_error_only_where_it_was_named():
    table = made.ratings().drop("gender", "age_group", "education")
    assert "no column of people" in preferences(table).reading[0]
    with pytest.raises(TidelabError, match="no column 'gender'"):
        preferences(table, people=["gender"])


def test_ratings_that_tell_no_group_or_no_kind_of_reply_are_counted_and_said():
    table = made.ratings(people=60)
    gender = pl.when(pl.col("participant_id") == "p001").then(None).otherwise(pl.col("gender"))
    layering = pl.when(pl.col("conversation_id") == "c00").then(pl.lit("")).otherwise(pl.col("layering"))
    answer, found = rows(table.with_columns(gender=gender, layering=layering), people=["gender"], replies=["layering"])
    row = found["gender", "layering"]
    silent = table.filter(pl.col("participant_id") == "p001").height
    plain = table.filter(pl.col("participant_id") != "p001", pl.col("conversation_id") == "c00").height
    assert (row.no_group, row.no_kind) == (silent, plain)
    assert f"Ratings left out: {silent} without gender, {plain} without layering." in answer.reading[1]
    assert (found["gender", ""].no_group, found["gender", ""].no_kind) == (silent, 0)
