import polars as pl
import pytest

from tests.analysis import made
from tidelab.analysis.ask import Asked, ask
from tidelab.analysis.claims import read
from tidelab.analysis.preregistration import digest, preregistration
from tidelab.analysis.ratings import check
from tidelab.analysis.sensitivity import sensitivity
from tidelab.errors import TidelabError


def variants(table, rules):
    return {r.rule: r for r in sensitivity(table, rules).parts["variants"].rows}


def test_people_who_always_say_the_same_are_named_by_the_rule_and_the_change_is_shown():
    table = made.ratings(people=20)
    lines = pl.col("participant_id").is_in(["p001", "p002", "p003"])
    table = table.with_columns(value=pl.when(lines).then(pl.lit(3.0)).otherwise(pl.col("value")))
    found = variants(table, ["straight-lining"])
    assert (found["none"].excluded, found["none"].changed, found["none"].turned) == (0, 0, 0)
    assert (found["straight-lining"].excluded, found["straight-lining"].participants) == (3, 17)
    assert found["straight-lining"].changed > 0.02
    assert found["straight-lining"].f != found["none"].f


def test_rules_read_their_columns_and_say_where_they_are_not_there():
    table = made.ratings(people=12).with_columns(
        attention=pl.when(pl.col("participant_id") == "p004").then(pl.lit("failed")).otherwise(pl.lit("passed")),
        seconds=pl.when(pl.col("participant_id") == "p005").then(pl.lit("0.5")).otherwise(pl.lit("20")),
    )
    found = variants(table, ["attention", "too-fast"])
    assert found["attention"].excluded == found["too-fast"].excluded == 1
    with pytest.raises(TidelabError, match="no column 'attention'"):
        sensitivity(made.ratings(people=4), ["attention"])
    with pytest.raises(TidelabError, match="no exclusion rule 'moody'") as error:
        sensitivity(made.ratings(people=4), ["moody"])
    assert "straight-lining" in error.value.mend


def test_a_rule_that_meets_everybody_leaves_no_answer_and_says_so():
    table = made.ratings(people=6).with_columns(attention=pl.lit("failed"))
    answer = sensitivity(table, ["attention"])
    assert answer.parts["variants"].rows[-1].reason == "nobody remains"
    assert "nobody remains" in answer.reading[0]


def test_the_text_names_every_choice_and_depends_on_the_configuration_alone():
    how = Asked(reference="reference", margin=0.3, rules=("attention",), factors=("warmth",))
    text = preregistration(how, read("paper"))
    assert text == preregistration(how, read("paper"))
    for said in (
        "against reference, margin 0.3 points, level 0.05",
        "Variants beside it: attention",
        "Factors: warmth",
        "gender-hardly-matters",
    ):
        assert said in text
    assert digest(text) != digest(preregistration(Asked(), read("paper")))
    assert len(digest(text)) == 64


def test_all_questions_of_a_ratings_table_are_asked_in_order():
    table = check(made.ratings(people=15).drop("order").to_dicts())
    asked = [a.question for a in ask(table, Asked(reference="reference", rules=("straight-lining",), resamples=200))]
    assert asked == ["people_agree", "systems", "near", "preferences", "sensitivity"]
    assert [a.question for a in ask(table, Asked(resamples=200))] == ["people_agree", "systems", "preferences"]
