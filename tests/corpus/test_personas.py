from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.corpus.personas import distributions, sample

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
        if p.age >= 68:
            assert p.occupation.startswith("retired") or p.occupation == "unemployed"
        if job == "student":
            assert p.age <= 27
        if job in data["occupations"]:
            assert p.education in data["occupations"][job]
        assert allowed is None or job in allowed


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
    assert [p.persona_id for p in sample(3, 1)] == ["rehearsal-0001", "rehearsal-0002", "rehearsal-0003"]


def test_every_speech_style_and_ten_behaviours_or_more_occur():
    people = sample(300, 2)
    assert {p.speech_style for p in people} == set(distributions()["speech_styles"])
    assert len({b for p in people for b in p.behaviors}) >= 10


def test_every_group_of_numbers_says_where_it_comes_from():
    groups = [
        name for name, group in distributions().items() if isinstance(group, dict) and name not in ("occupations", "symptoms", "traumas")
    ]
    assert {"ages", "severity", "conditions"} <= set(groups)
    assert all(distributions()[name]["source"] for name in groups)
