import time
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.corpus.marginals import marginals, shortfalls, sources, targets
from tidelab.corpus.personas import distributions, genders, lifted, sample

seeds = st.integers(min_value=0, max_value=10**6)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_personas_are_plausible_in_all_their_fields_together(seed):
    data = distributions()
    for p in sample(60, seed):
        trauma = data["traumas"][p.trauma_type]
        youngest, oldest = trauma["onset"]
        onset = p.age - p.years_since_trauma
        assert 18 <= p.age <= 85
        assert p.age_group == f"{p.age // 10 * 10}-{p.age // 10 * 10 + 10}"
        assert 0 < p.years_since_trauma < p.age
        assert youngest - 0.06 <= onset <= oldest + 0.06, (p, onset)  # a rounded tenth of a year
        assert p.trauma_topic in trauma["topics"]
        assert p.gender in trauma.get("genders", [p.gender])
        assert set(data["working_behaviors"]).isdisjoint(p.behaviors) or not p.occupation.startswith(("retired", "unemployed"))
        assert p.co_occurring_condition != "alcohol problems" or "drinking in the evening" in p.behaviors
        assert p.age >= data["education"]["youngest"][p.education]
        assert 0 <= p.severity <= 80
        assert {s[0] for s in p.symptoms} == set("BCDE")
        assert len(p.behaviors) >= 2
        assert p.living_situation in data["living"][p.relationship_status]


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_work_fits_age_schooling_and_event(seed):
    data = distributions()
    for p in sample(60, seed):
        job = p.occupation.removeprefix("retired ")
        allowed = data["traumas"][p.trauma_type].get("occupations")
        if p.occupation.startswith("retired"):
            assert p.age >= 60
        if p.age > 67 and job in data["physical"]:
            assert p.occupation.startswith("retired")
        if job == "student":
            assert p.age <= 27
        if job in data["occupations"]:
            assert p.education in data["occupations"][job]
        assert allowed is None or job in allowed


def test_an_event_is_told_in_words_that_fit_everybody_to_whom_it_happens():
    """Topics once named a delivery round at six, a till at fourteen, years with a partner at eighteen, scaffolding on a farm."""
    words = ("till", "delivery", "years of", "scaffolding", "tour guide", "shift")
    people = sample(10_000, 5)
    assert not [(p.trauma_topic, p.age, p.years_since_trauma) for p in people if any(word in p.trauma_topic for word in words)]
    told = {(p.trauma_type, p.trauma_topic) for p in people}
    assert {kind for kind, _ in told} == set(distributions()["traumas"]) and len(told) >= 40


def test_what_only_happens_to_some_happens_to_them():
    people = sample(2000, 3)
    by_type = {kind: [p for p in people if p.trauma_type == kind] for kind in distributions()["traumas"]}
    assert all(p.gender == "woman" for p in by_type["childbirth trauma"])
    assert all(p.age - p.years_since_trauma < 16 for p in by_type["childhood abuse"])
    assert all(p.age - p.years_since_trauma >= 17.9 for p in by_type["combat exposure"])
    assert all("student" not in p.occupation for p in by_type["first responder exposure"])


@settings(max_examples=20, deadline=None)
@given(st.integers(min_value=0, max_value=130), seeds)
def test_trauma_types_come_near_evenly_whatever_the_number(n, seed):
    counts = Counter(p.trauma_type for p in sample(n, seed))
    assert sum(counts.values()) == n
    assert all(n // 20 <= counts[kind] <= n // 20 + 1 for kind in distributions()["traumas"])


def test_the_same_seed_gives_the_same_personas_and_more_only_add():
    assert sample(50, 7) == sample(80, 7)[:50]
    assert sample(50, 7) != sample(50, 8)
    assert [p.persona_id for p in sample(3, 1)] == ["persona-0001", "persona-0002", "persona-0003"]


def test_every_speech_style_and_ten_behaviours_or_more_occur():
    people = sample(300, 2)
    assert {p.speech_style for p in people} == set(distributions()["speech_styles"])
    assert len({b for p in people for b in p.behaviors}) >= 10


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(min_value=200, max_value=700))
def test_no_stratum_is_below_its_minimum_from_200_personas_on(seed, n):
    assert distributions()["coverage"]["from"] == 200
    assert shortfalls(sample(n, seed)) == []


def test_a_stratum_that_is_missing_is_told():
    people = [p for p in sample(400, 1) if p.gender == "woman"]
    assert {m.value for m in shortfalls(people)} >= {"man", "non-binary person"}


def test_marginals_of_five_hundred_are_within_three_points_of_their_targets_and_depression_within_eight():
    for seed in range(8):
        for m in marginals(sample(500, seed)):
            assert abs(m.share - m.target) <= (0.08 if m.what == "depression" else 0.03), (seed, m)


def test_in_a_large_sample_the_marginals_are_the_targets():
    for m in marginals(sample(20_000, 3)):
        assert abs(m.share - m.target) <= (0.012 if m.what == "depression" else 0.004), m
    for what, shares in targets().items():
        assert abs(sum(shares.values()) - 1) < 1e-9, what


def test_gender_follows_the_survey_by_kind_of_trauma_and_each_stays_large_enough_to_compare():
    people = sample(2000, 6)
    women = {kind: mean(p.gender == "woman" for p in people if p.trauma_type == kind) for kind in distributions()["traumas"]}
    assert women["sexual violence"] > 0.65 > women["road traffic collision"] > 0.35 > women["combat exposure"] > 0.15
    for kind in distributions()["traumas"]:
        assert abs(women[kind] - genders(kind)["woman"]) < 0.03


def test_severity_lies_as_the_tables_say_and_brings_symptoms_and_depression():
    people = sample(4000, 2)
    assert abs(mean(p.severity for p in people) - (38.8 + mean(3 if t.get("interpersonal") else -3 for t in kinds()))) < 0.8
    mild, grave = ([p for p in people if low <= p.severity < high] for low, high in ((0, 31), (31, 81)))
    assert mean(len(p.symptoms) for p in grave) > mean(len(p.symptoms) for p in mild) + 2
    assert (
        mean(p.co_occurring_condition == "depression" for p in grave) > 0.45 > mean(p.co_occurring_condition == "depression" for p in mild)
    )
    least = {cluster: min(sum(s[0] == cluster for s in p.symptoms) for p in grave) for cluster in "BCDE"}
    assert least == {"B": 1, "C": 1, "D": 2, "E": 2}
    sleep, risks = (sum(any(word in s for s in p.symptoms) for p in people) for word in ("trouble sleeping", "risk taking"))
    assert sleep > 2 * risks


def test_schooling_and_work_go_with_age():
    people = sample(6000, 4)
    free = [p for p in people if "occupations" not in distributions()["traumas"][p.trauma_type]]
    young, old = ([p for p in free if low <= p.age < high] for low, high in ((25, 30), (75, 86)))
    assert mean(p.education == "bachelor's degree" for p in young) > mean(p.education == "bachelor's degree" for p in old) + 0.05
    assert mean(p.occupation.startswith("retired") for p in old) > 0.85
    assert not [p for p in people if p.age < 60 and p.occupation.startswith("retired")]


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.001, 10), min_size=1), st.floats(0, 0.16))
def test_lifted_weights_are_shares_of_one_none_below_the_least_and_keep_their_order(weights, least):
    shares = lifted(weights, least)
    assert abs(sum(shares.values()) - 1) < 1e-9
    assert min(shares.values()) >= least - 1e-9
    assert all(shares[a] <= shares[b] + 1e-9 for a in weights for b in weights if weights[a] <= weights[b])


def test_a_hundred_thousand_personas_are_drawn_in_seconds():
    start = time.process_time()
    people = sample(100_000, 7)
    assert time.process_time() - start < 20
    assert len({p.persona_id for p in people}) == 100_000


def test_every_group_of_numbers_says_where_it_comes_from_and_when_that_was_read():
    listed = {entry["group"]: entry for entry in sources()}
    without = {n for n, g in distributions().items() if isinstance(g, dict) and n not in listed}
    assert without == {"occupations", "traumas"}  # words and ranges of ours
    for entry in listed.values():
        assert entry["source"]
        assert bool(entry["address"]) == bool(entry["read"])
        if not entry["address"] and entry["group"] != "coverage":
            assert "unverified" in entry["source"], entry


def kinds():
    return distributions()["traumas"].values()


def mean(values):
    values = list(values)
    return sum(values) / len(values)
