from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.corpus.split import split
from tidelab.errors import TidelabError
from tidelab.records import Conversation, Persona


def corpus(sizes, source="imported", per_persona=2):
    """`sizes`: trauma type -> personas."""
    people = [Persona(persona_id=f"{source}-{kind}-{i:03d}", trauma_type=kind) for kind, size in sizes.items() for i in range(size)]
    talks = [
        Conversation(conversation_id=f"{p.persona_id}/{i}", persona_id=p.persona_id, person="a", chatbot="b", source=source)
        for p in people
        for i in range(per_persona)
    ]
    return people, talks


STRATA = st.dictionaries(st.sampled_from(["robbery", "stalking", "house fire", "captivity", ""]), st.integers(0, 60)).filter(
    lambda s: sum(s.values()) > 1
)


@settings(deadline=None)
@given(sizes=STRATA, seed=st.integers(0, 9))
def test_shares_are_within_one_persona_overall_and_within_two_in_each_stratum(sizes, seed):
    people, talks = corpus(sizes)
    assigned = split(people, talks, seed)
    assert assigned.keys() == {p.persona_id for p in people}
    overall = Counter(assigned.values())
    for name, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
        assert abs(overall[name] - share * len(people)) < 1
        for kind, size in sizes.items():
            if size >= 10:
                here = sum(assigned[p.persona_id] == name for p in people if p.trauma_type == kind)
                assert abs(here - share * size) <= 2
    assert overall["train"] >= 1
    assert overall["test"] >= 1
    assert overall["validation"] >= 1 or len(people) < 5


@settings(deadline=None, max_examples=30)
@given(sizes=STRATA, seed=st.integers(0, 9), shuffled=st.randoms())
def test_the_order_of_the_rows_changes_nothing(sizes, seed, shuffled):
    people, talks = corpus(sizes)
    before = split(people, talks, seed)
    shuffled.shuffle(people)
    shuffled.shuffle(talks)
    after = split(people, talks, seed)
    assert before == after
    assert list(before) == list(after)


def test_another_seed_gives_other_test_personas():
    people, talks = corpus({"robbery": 40})
    assert split(people, talks, 1) == split(people, talks, 1)
    assert split(people, talks, 1) != split(people, talks, 2)


def test_each_source_is_split_by_itself_so_both_have_test_personas():
    samples, sample_talks = corpus({f"kind {i}": 1 for i in range(10)}, "sample")
    rehearsed, rehearsed_talks = corpus({"robbery": 150, "stalking": 50}, "rehearsal")
    assigned = split([*samples, *rehearsed], [*sample_talks, *rehearsed_talks], 7)
    assert Counter(assigned[p.persona_id] for p in samples) == {"train": 7, "validation": 1, "test": 2}
    assert Counter(assigned[p.persona_id] for p in rehearsed) == {"train": 140, "validation": 20, "test": 40}
    assert {p: s for p, s in assigned.items() if p.startswith("sample")} == split(samples, sample_talks, 7)


@pytest.mark.parametrize(
    ("personas", "train", "validation", "test"), [(2, 1, 0, 1), (3, 2, 0, 1), (4, 3, 0, 1), (5, 3, 1, 1), (8, 5, 1, 2)]
)
def test_few_personas_teach_first_test_second_and_validate_from_five_on(personas, train, validation, test):
    counts = Counter(split(*corpus({"robbery": personas}), 7).values())
    assert (counts["train"], counts["validation"], counts["test"]) == (train, validation, test)


def test_a_source_of_one_persona_beside_another_source_only_teaches():
    one, one_talk = corpus({"robbery": 1}, "sample")
    many, many_talks = corpus({"robbery": 10}, "rehearsal")
    assert split([*one, *many], [*one_talk, *many_talks], 7)[one[0].persona_id] == "train"


@pytest.mark.parametrize("personas", [0, 1])
def test_fewer_than_two_personas_are_an_error_with_a_mend(personas):
    with pytest.raises(TidelabError, match=f"a corpus of {personas} persona") as raised:
        split(*corpus({"robbery": personas}), 7)
    assert "two personas" in raised.value.mend


def test_personas_without_conversations_take_no_place():
    people, talks = corpus({"robbery": 10})
    assigned = split([*people, Persona(persona_id="silent")], talks, 7)
    assert "silent" not in assigned


def test_writing_a_trauma_type_in_another_case_makes_no_other_stratum():
    people, talks = corpus({"robbery": 30})
    other = [p.model_copy(update={"trauma_type": " Robbery"}) if i % 2 else p for i, p in enumerate(people)]
    assert split(other, talks, 7) == split(people, talks, 7)
