import math

import polars as pl
import pytest
import yaml

from tests.analysis import made
from tidelab.analysis import claims
from tidelab.analysis.claims import Claim, Data, read, verdicts
from tidelab.errors import TidelabError

OLDER = {"factor": "empathy", "person": "age_group", "group": "65+", "reply": "validation_order", "kinds": ["before", "after"]}


def decide(data, **more):
    (row,) = verdicts([Claim.model_validate({"id": "x", "claim": "Words.", **more})], data).parts["claims"].rows
    return row


def difference(first, second, data, **more):
    return decide(data, question="difference", contrast={"factor": "empathy", "first": first, "second": second}, **more)


def test_an_interval_on_one_side_supports_on_the_other_contradicts_and_across_is_undecided():
    data = Data(ratings=made.ratings())
    assert difference("reference", "small@zero-shot", data).verdict == "supported"
    assert difference("small@zero-shot", "reference", data).verdict == "contradicted"
    assert difference("small@zero-shot", "reference", data, direction="less").verdict == "supported"
    close = difference("reference", "small@fine-tuned", Data(ratings=made.ratings(people=8, each=3, seed=4)))
    assert close.verdict == "undecided"
    assert close.low < 0 < close.high
    assert "participants" in close.would_decide


def test_patterns_compare_means_of_several_systems():
    row = difference("reference", "small@*", Data(ratings=made.ratings()))
    assert row.verdict == "supported"
    assert row.value == pytest.approx(0.45, abs=0.2)


def test_equivalence_needs_its_interval_within_the_margin():
    data = Data(ratings=made.ratings(people=80))
    assert difference("reference", "small@fine-tuned", data, direction="equivalent", margin=0.4).verdict == "supported"
    assert difference("reference", "small@zero-shot", data, direction="equivalent", margin=0.4).verdict == "contradicted"
    few = Data(ratings=made.ratings(people=5, each=2))
    assert difference("reference", "small@fine-tuned", few, direction="equivalent", margin=0.1).verdict == "undecided"


def test_a_preference_of_a_group_is_decided_over_participants():
    row = decide(Data(ratings=made.ratings(people=120, older=0.9)), question="preference", contrast=OLDER)
    assert row.verdict == "supported"
    assert 115 < row.units <= 120  # a few rated no reply of one of both kinds
    assert row.low < 0.9 < row.high + 0.2
    gender = {"factor": "empathy", "person": "gender", "group": "woman"}
    same = decide(Data(ratings=made.ratings(people=120)), question="preference", contrast=gender, direction="equivalent", margin=0.5)
    assert same.verdict == "supported"


def test_a_figure_of_the_data_itself_is_held_against_the_threshold_alone():
    one = made.ratings(factor="a", sd=(0.9, 0.3, 0.3))
    other = one.with_columns(factor=pl.lit("b"))
    told = {"question": "correlation", "contrast": {"factors": ["a", "b"]}, "threshold": 0.99, "about": "data"}
    assert decide(Data(ratings=pl.concat([one, other]), resamples=300), **told).verdict == "supported"
    noise = made.ratings(factor="b", seed=5, sd=(0.9, 0.3, 0.3))
    keep = ["conversation_id", "system_id", "participant_id"]
    shared = noise.join(one.select(keep), on=keep, how="semi")
    assert decide(Data(ratings=pl.concat([one, shared]), resamples=300), **told).verdict == "contradicted"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"question": "gain"}, "no scores of a run"),
        ({"contrast": {"factor": "warmth", "first": "a", "second": "b"}}, "nothing is rated on the factor 'warmth'"),
        ({"contrast": {"factor": "empathy", "first": "gpt", "second": "reference"}}, "no rated system is 'gpt'"),
        ({"where": {"valence": "sad"}}, "no column 'valence'"),
        ({"where": {"gender": "sad"}}, "no rating has gender = sad"),
        ({"question": "preference", "contrast": {"factor": "empathy", "person": "height", "group": "tall"}}, "no column 'height'"),
        ({"question": "preference", "contrast": {**OLDER, "kinds": ["up", "down"]}}, "no participant rated both up and down"),
        (
            {"question": "preference", "contrast": {"factor": "empathy", "person": "gender", "group": "nobody"}},
            "0 participants in the group",
        ),
        ({"question": "correlation", "contrast": {"factors": ["empathy"]}}, "no two factors"),
    ],
)
def test_what_the_data_do_not_hold_is_not_testable_here_with_the_reason(change, why):
    base = {"question": "difference", "contrast": {"factor": "empathy", "first": "reference", "second": "small@zero-shot"}}
    row = decide(Data(ratings=made.ratings()), **{**base, **change})
    assert row.verdict == "not testable here"
    assert why in row.why
    assert math.isnan(row.value)


def test_simulated_ratings_decide_nothing_about_people():
    row = difference("reference", "small@zero-shot", Data(ratings=made.ratings(source="simulated")))
    assert (row.verdict, row.why) == ("not testable here", "the ratings are simulated: nobody gave them")


def test_scores_of_real_students_decide_and_of_nano_students_never():
    scores, conversations = made.study(gains=(("a", 0.2), ("b", 0.25), ("c", 0.15)), by_theme=0.1, top=0.22)
    data = {"scores": scores, "conversations": conversations, "students": ["a", "b", "c"]}
    assert decide(Data(**data), question="gain").verdict == "supported"
    assert decide(Data(**data), question="gain", direction="less").verdict == "contradicted"
    assert decide(Data(**data), question="gain_by_scenario", contrast={"dimension": "theme"}, direction="differs").verdict == "supported"
    near = decide(Data(**data), question="score_equivalence", contrast={"metric": "cosine"}, direction="equivalent", margin=0.1)
    assert near.verdict == "supported"
    assert near.low < near.value < near.high
    assert "learning curve" in decide(Data(**data), question="size_limit").why
    assert decide(Data(**data, unreal="a: nano students stand for no real model"), question="gain").verdict == "not testable here"


def test_the_shipped_claims_can_be_read_and_have_sources():
    for name in claims.SHIPPED:
        found = read(name)
        assert len(found) >= 4
        assert all(c.source for c in found)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("claims: [", "no YAML"),
        ("other: 1", "no list `claims`"),
        ("claims: []", "no list `claims`"),
        ("claims: [{id: a}]", "claim: Field required"),
        ("claims: [{id: a, claim: b, question: magic}]", "no question is called 'magic'"),
        ("claims: [{id: a, claim: b, question: gain, direction: equivalent}]", "needs a margin"),
        ("claims: [{id: a, claim: b, question: gain, colour: red}]", "colour"),
        ("claims: [{id: a, claim: b, question: gain}, {id: a, claim: c, question: gain}]", "two claims are called 'a'"),
    ],
)
def test_a_fault_in_the_file_names_claim_and_mend(tmp_path, text, what):
    path = tmp_path / "claims.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(TidelabError, match=what) as error:
        read(str(path))
    assert error.value.mend and str(path) in error.value.where


def test_a_users_own_claims_are_read(tmp_path):
    path = tmp_path / "mine.yaml"
    own = {"id": "mine", "claim": "Mine.", "question": "friedman", "contrast": {"factor": "empathy"}, "direction": "differs"}
    path.write_text(yaml.safe_dump({"claims": [own]}), "utf-8")
    answer = verdicts(read(str(path)), Data(ratings=made.ratings()))
    assert answer.reading[0] == "Of 1 claims: 1 supported."
    with pytest.raises(TidelabError, match="no claims"):
        read(str(tmp_path / "none.yaml"))
