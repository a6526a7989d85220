import polars as pl
import pytest

from tests.analysis import made
from tests.report import runs
from tidelab.analysis.ask import Asked, ask
from tidelab.analysis.claims import read
from tidelab.analysis.preregistration import digest, keep, kept, preregistration, standing
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


def test_the_text_names_the_questions_of_metrics_and_of_safety():
    experiment = runs.experiment(scoring={"metrics": ["cosine", "safety"]})
    text = preregistration(Asked(), read("paper"), experiment)
    assert "Metrics and people: Pearson and Spearman" in text
    assert "Safety: share of replies that fail" in text
    assert "Safety:" not in preregistration(Asked(), read("paper"), runs.experiment(scoring={"metrics": ["cosine"]}))


def test_a_plan_that_was_changed_after_data_were_there_never_passes_for_the_first(tmp_path):
    assert "was not kept" in standing(kept(tmp_path), "a").words
    keep(tmp_path, "draft")
    keep(tmp_path, "a")
    (tmp_path / "ratings" / "simulated").mkdir(parents=True)
    keep(tmp_path, "a")
    assert standing(kept(tmp_path), "a").words.endswith(f"before the scores were read (SHA-256 {digest('a')}).")
    (tmp_path / "ratings" / "study").mkdir()
    keep(tmp_path, "b")
    changed = standing(kept(tmp_path), "b")
    assert digest("a") in changed.words and digest("b") in changed.words
    assert "changed after data were there" in changed.words
    assert changed.before == "a"
    keep(tmp_path, "a")
    assert "and changed back" in standing(kept(tmp_path), "a").words
    assert [p.text for p in kept(tmp_path)] == ["draft", "a", "a", "b", "a"]


def test_a_plan_whose_every_text_came_after_data_is_said_to_prove_nothing(tmp_path):
    (tmp_path / "scores" / "a" / "cosine").mkdir(parents=True)
    (tmp_path / "scores" / "a" / "cosine" / "done.json").write_text("{}")
    keep(tmp_path, "a")
    said = standing(kept(tmp_path), "a").words
    assert "when there were data already" in said and "before the scores" not in said


def test_all_questions_of_a_ratings_table_are_asked_in_order():
    table = check(made.ratings(people=15).drop("order").to_dicts())
    asked = [a.question for a in ask(table, Asked(reference="reference", rules=("straight-lining",), resamples=200))]
    assert asked == ["people_agree", "systems", "near", "preferences", "sensitivity"]
    assert [a.question for a in ask(table, Asked(resamples=200))] == ["people_agree", "systems", "preferences"]
