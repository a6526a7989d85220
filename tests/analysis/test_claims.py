import math
import re

import numpy as np
import polars as pl
import pytest
import yaml

from tests.analysis import made
from tidelab.analysis import claims, of_run
from tidelab.analysis.claims import Claim, Data, read, verdicts
from tidelab.analysis.deciders import DECIDERS, OF_RATINGS
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
    told = re.fullmatch(r"about (\d+) participants, (\d+) more than here, if the figure stays as it is", close.would_decide)
    assert told and int(told[1]) == close.units + int(told[2])


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
            "no participant is in the group",
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


NANO = "a: nano students stand for no real model"
TWO = {"factors": ["empathy", "b"]}
ASKED = {
    "friedman": {"contrast": {"factor": "empathy"}, "direction": "differs"},
    "correlation": {"contrast": TWO, "threshold": 0.85},
    "difference": {"contrast": {"factor": "empathy", "first": "reference", "second": "small@zero-shot"}},
    "preference": {"contrast": {"factor": "empathy", "person": "gender", "group": "woman"}},
    "gain": {},
    "gain_by_scenario": {"direction": "differs"},
    "size_limit": {},
    "score_equivalence": {"direction": "equivalent", "margin": 0.1},
}


def rated(**more):
    one = made.ratings(**more)
    return pl.concat([one, one.with_columns(factor=pl.lit("b"))])


def everything(**more):
    scores, conversations = made.study(gains=(("a", 0.2), ("b", 0.25)), by_theme=0.1, top=0.22)
    told = {"ratings": rated(), "scores": scores, "conversations": conversations, "students": ["a", "b"], "curves": curves(2, 2)}
    return Data(resamples=100, **{**told, **more})


def curves(found, of, source="teacher"):
    rows = [{"source": source, "student": f"s{i}", "metric": "cosine", "exponent": 0.5, "identified": i < found} for i in range(of)]
    return pl.DataFrame(rows)


@pytest.mark.parametrize("about", ["people", "data"])
@pytest.mark.parametrize("question", DECIDERS)
def test_no_claim_of_any_kind_is_testable_on_a_run_of_nano_students_or_rehearsal_conversations(question, about):
    assert decide(everything(), question=question, about=about, **ASKED[question]).verdict != "not testable here"
    row = decide(everything(unreal=NANO), question=question, about=about, **ASKED[question])
    assert (row.verdict, row.why) == ("not testable here", NANO)
    assert math.isnan(row.value)


@pytest.mark.parametrize("about", ["people", "data"])
@pytest.mark.parametrize(
    ("source", "why"), [("simulated", "nobody gave them"), ("rehearsal", "rehearsal conversations"), ("sample", "no data")]
)
@pytest.mark.parametrize("question", OF_RATINGS)
def test_ratings_that_are_simulated_or_of_unreal_conversations_decide_nothing_not_even_of_themselves(question, source, why, about):
    row = decide(Data(ratings=rated(source=source)), question=question, about=about, **ASKED[question])
    assert row.verdict == "not testable here" and why in row.why
    mixed = pl.concat([rated(), rated(source=source).with_columns(participant_id=pl.lit("other"))])
    assert decide(Data(ratings=mixed), question=question, about=about, **ASKED[question]).verdict == "not testable here"


def test_ratings_of_nano_students_decide_nothing_in_whatever_table_they_come():
    nano = made.ratings().with_columns(pl.col("system_id").str.replace("small@", "nano-3m@", literal=True))
    row = difference("reference", "nano-3m@zero-shot", Data(ratings=nano))
    assert (row.verdict, row.why) == ("not testable here", "nano-3m: nano students stand for no real model")


def test_real_peoples_ratings_of_other_systems_stay_testable_beside_a_run_of_nano_students():
    conversations = made.study()[1]
    assert of_run.elsewhere(made.ratings(), {"nano-3m@zero-shot"}, conversations)
    assert not of_run.elsewhere(made.ratings(), {"small@zero-shot"}, conversations)
    known = made.ratings().with_columns(conversation_id=pl.lit(conversations["conversation_id"][0]))
    assert not of_run.elsewhere(known, {"nano-3m@zero-shot"}, conversations)
    data = Data(ratings=made.ratings(source="real"), unreal=NANO, elsewhere=True)
    assert difference("reference", "small@zero-shot", data).verdict == "supported"


@pytest.mark.parametrize("direction", ["greater", "less"])
@pytest.mark.parametrize("about", ["people", "data"])
@pytest.mark.parametrize(("found", "of"), [(0, 1), (0, 2), (0, 40), (8, 40)])
def test_curves_that_are_not_identified_refute_no_ceiling(found, of, about, direction):
    row = decide(everything(curves=curves(found, of)), question="size_limit", threshold=0.5, about=about, direction=direction)
    assert row.verdict == "undecided"
    assert f"{found} of {of} learning curves have an identified ceiling; the others are not identified" in row.why
    assert re.search(r"about \d+", row.would_decide) and "identified curves" in row.would_decide


def test_a_ceiling_is_supported_by_enough_identified_curves_of_one_source():
    asked = {"question": "size_limit", "threshold": 0.5}
    assert decide(everything(curves=curves(17, 17)), **asked).verdict == "supported"
    assert decide(everything(curves=curves(17, 17)), **asked, direction="less").verdict == "contradicted"
    few = decide(everything(curves=curves(3, 3)), **asked)
    assert few.verdict == "undecided" and few.would_decide.startswith("about 6 students, 3 more than here")
    pooled = decide(everything(curves=pl.concat([curves(3, 3), curves(3, 3, "imported")])), **asked)
    assert (pooled.verdict, pooled.units) == ("undecided", 3), "sources are never pooled"


def alike(students, seed, *, below=0.1, personas=40):
    """Students that all lie `below` the teacher, as a share of its mean."""
    draw = np.random.default_rng(seed)
    ids = [f"c{i}" for i in range(personas)]
    teacher = 1 + draw.normal(0, 0.02, personas)
    parts = {"teacher@resample": teacher}
    parts |= {f"s{k}@fine-tuned": teacher - below + draw.normal(0, 0.1, personas) for k in range(students)}
    scores = pl.concat(pl.DataFrame({"conversation_id": ids, "system_id": s, "metric": "cosine", "value": v}) for s, v in parts.items())
    conversations = pl.DataFrame({"conversation_id": ids, "persona_id": ids, "source": "imported"})
    return Data(scores=scores, conversations=conversations, students=[f"s{k}" for k in range(students)])


def near(students, seed, **more):
    return decide(alike(students, seed, **more), question="score_equivalence", direction="equivalent", margin=0.1)


def test_the_nearest_of_six_students_at_the_margin_is_called_equivalent_no_more_often_than_the_level():
    supported = sum(near(6, seed).verdict == "supported" for seed in range(100))
    assert supported <= 5, "in 5 of 100; uncorrected it was every fourth"


def test_a_correction_for_the_choice_leaves_what_is_near_and_says_of_how_many_it_was_chosen():
    row = near(6, 1, below=0.02)
    assert row.verdict == "supported" and "corrected for the choice among 6" in row.why
    assert "corrected" not in near(1, 1, below=0.02).why
    assert near(6, 1, below=0.3).verdict == "contradicted"


def test_a_group_of_under_five_people_is_suppressed_and_neither_its_figure_nor_its_number_shown():
    table = made.ratings()
    few = sorted(table["participant_id"].unique())[:4]
    rare = pl.when(pl.col("participant_id").is_in(few)).then(pl.lit("rare")).otherwise(pl.lit("woman"))
    data = Data(ratings=table.with_columns(gender=rare))
    for group, side in (("rare", "in"), ("woman", "beside")):
        row = decide(data, question="preference", contrast={"factor": "empathy", "person": "gender", "group": group})
        assert (row.verdict, row.why) == ("not testable here", f"under 5 participants {side} the group: suppressed")
        assert math.isnan(row.value) and row.units == 0
    row = difference("reference", "small@zero-shot", data, where={"gender": "rare"})
    assert (row.verdict, row.why) == ("not testable here", "under 5 participants have gender = rare: suppressed")


def paper(claim, table):
    (found,) = [c for c in read("paper") if c.id == claim]
    return verdicts([found], Data(ratings=table)).parts["claims"].rows[0]


def test_the_bands_of_our_own_export_are_the_older_adults_of_the_paper():
    fine = made.ratings(people=120, older=0.9)
    coarse = fine.with_columns(age_group=pl.col("age_group").replace_strict({"65+": "55+", "50-64": "35-54", "18-49": "18-34"}))
    row = paper("older-adults-prefer-validation-first", coarse)
    assert row.verdict == "supported" and "40 against" in row.why
    merged = decide(Data(ratings=coarse), question="preference", contrast={**OLDER, "group": ["55-64", "65-74", "75+"]})
    assert merged.verdict == "supported", "55+ is made of these three"
    unclear = decide(Data(ratings=coarse), question="preference", contrast={**OLDER, "group": ["65-74", "75+"]})
    assert unclear.verdict == "not testable here" and "`55+` may or may not be in the group" in unclear.why


def test_a_degree_that_the_export_merged_may_or_may_not_be_a_graduate_one():
    table = made.ratings(people=60).with_columns(
        education=pl.col("education").replace_strict({"graduate": "degree", "school": "no degree"})
    )
    row = paper("graduates-prefer-layered-replies", table)
    assert row.verdict == "not testable here" and "education was coarsened when it was exported: `degree`" in row.why


@pytest.mark.parametrize("hidden", ["suppressed", "declined", "", None])
def test_hidden_and_declined_answers_are_no_group_and_not_among_the_others(hidden):
    table = made.ratings(people=60)
    ids = sorted(table["participant_id"].unique())
    some = table.with_columns(gender=pl.when(pl.col("participant_id").is_in(ids[::3])).then(pl.lit(hidden)).otherwise(pl.col("gender")))
    row = decide(Data(ratings=some), question="preference", contrast={"factor": "empathy", "person": "gender", "group": "woman"})
    assert row.units == 40
    nobody = decide(Data(ratings=some), question="preference", contrast={"factor": "empathy", "person": "gender", "group": str(hidden)})
    assert nobody.why == "no participant is in the group"


def few(effect, seed):
    return made.ratings(people=12, each=3, systems={"a": 0.0, "b": effect, "c": -effect}, seed=seed)


def systems_differ(table):
    return decide(Data(ratings=table), question="friedman", **ASKED["friedman"])


def test_an_undecided_difference_of_systems_says_about_how_many_more_participants_would_decide_it():
    row = systems_differ(few(0.2, 5))
    told = re.fullmatch(r"about (\d+) participants, (\d+) more than here, if the figure stays as it is", row.would_decide)
    assert row.verdict == "undecided" and told and int(told[1]) == 12 + int(told[2])
    copies = math.ceil(int(told[1]) / 12)
    table = pl.concat(few(0.2, 5).with_columns(participant_id=pl.col("participant_id") + f"-{i}") for i in range(copies))
    assert systems_differ(table).verdict == "supported"
    none = systems_differ(few(0.0, 3))
    assert none.verdict == "undecided" and "the systems differ by no more than chance gives, over 12 participants" in none.would_decide


def test_an_undecided_difference_of_gains_says_about_how_many_more_personas_would_decide_it():
    def gains_differ(seed):
        scores, conversations = made.study(personas=12, each=3, by_theme=0.01, seed=seed)
        data = Data(scores=scores, conversations=conversations, students=["s"])
        return decide(data, question="gain_by_scenario", direction="differs")

    assert gains_differ(5).verdict == "undecided"
    assert gains_differ(5).would_decide == "about 23 personas, 11 more than here, if the figure stays as it is"
    assert "gains differ by no more than chance gives, over 12 personas" in gains_differ(1).would_decide


def test_an_undecided_equivalence_counts_by_the_interval_that_decides_it():
    data = Data(ratings=made.ratings(people=10, each=2, seed=4))
    row = difference("reference", "small@fine-tuned", data, direction="equivalent", margin=0.3)
    told = re.fullmatch(r"about (\d+) participants, .*", row.would_decide)
    half, edge = (row.high - row.low) / 2, abs(0.3 - abs(row.value))
    assert row.verdict == "undecided" and told
    assert 11 <= int(told[1]) <= math.ceil(10 * (half / edge) ** 2)


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
        ("claims: [{id: a, claim: b, question: friedman}]", "`friedman` can't decide `greater`"),
        ("claims: [{id: a, claim: b, question: friedman, direction: less}]", "`friedman` can't decide `less`"),
        ("claims: [{id: a, claim: b, question: correlation, direction: differs}]", "`correlation` can't decide `differs`"),
        ("claims: [{id: a, claim: b, question: score_equivalence, direction: differs}]", "can't decide `differs`"),
        ("claims: [{id: a, claim: b, question: gain}, {id: a, claim: c, question: gain}]", "two claims are called 'a'"),
    ],
)
def test_a_fault_in_the_file_names_claim_and_mend(tmp_path, text, what):
    path = tmp_path / "claims.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(TidelabError, match=what) as error:
        read(str(path))
    assert error.value.mend and str(path) in error.value.where


def test_a_direction_without_an_interval_is_refused_with_one_that_can_be_decided_and_kept_for_a_published_figure(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text("claims: [{id: w, claim: b, question: friedman, contrast: {factor: empathy}}]", "utf-8")
    with pytest.raises(TidelabError) as error:
        read(str(path))
    assert "direction: differs" in error.value.mend and "about: data" in error.value.mend and "claim w" in error.value.where
    path.write_text("claims: [{id: w, claim: b, question: friedman, about: data, contrast: {factor: empathy}, threshold: 0.1}]", "utf-8")
    assert verdicts(read(str(path)), Data(ratings=made.ratings())).parts["claims"].rows[0].verdict == "supported"


def test_a_users_own_claims_are_read(tmp_path):
    path = tmp_path / "mine.yaml"
    own = {"id": "mine", "claim": "Mine.", "question": "friedman", "contrast": {"factor": "empathy"}, "direction": "differs"}
    path.write_text(yaml.safe_dump({"claims": [own]}), "utf-8")
    answer = verdicts(read(str(path)), Data(ratings=made.ratings()))
    assert answer.reading[0] == "Of 1 claims: 1 supported."
    with pytest.raises(TidelabError, match="no claims"):
        read(str(tmp_path / "none.yaml"))
