import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.scoring.layering import PARTS, of_acts
from tidelab.scoring.metric import Unscored
from tidelab.text.acts import ACTS

E, D, S, G, Q, R, OTHER = ACTS


def parts(*acts: str) -> dict[str, object]:
    return dict(zip(PARTS, of_acts(acts), strict=True))


@pytest.mark.parametrize(
    ("acts", "first"),
    [((E, S), 1.0), ((D, G), 1.0), ((OTHER, E, Q, R), 1.0), ((S, E), 0.0), ((G, E, S), 0.0), ((S,), 0.0), ((OTHER, Q, R), 0.0)],
)
def test_validation_first_says_whether_it_stands_before_the_first_support(acts, first):
    assert parts(*acts)["validation_first"] == first


def test_without_support_there_is_no_order_and_without_a_suggestion_no_place_for_it():
    made = parts(E, D, Q)
    assert isinstance(made["validation_first"], Unscored) and made["validation_first"].reason.startswith("not applicable")
    assert isinstance(made["first_suggestion"], Unscored) and made["first_suggestion"].reason.startswith("not applicable")
    assert made["factors_layered"] == 2.0


def test_the_opening_and_the_place_of_the_first_suggestion_are_told():
    assert parts(Q, E, S, G)["opens_with_question"] == 1.0
    assert parts(Q, E, S, G)["first_suggestion"] == 0.75
    assert parts(G, E)["opens_with_advice"] == parts(R, E)["opens_with_advice"] == 1.0
    assert parts(G, E)["first_suggestion"] == 0.0


def test_a_reply_without_sentences_is_unscored_throughout():
    assert all(isinstance(value, Unscored) for value in of_acts(()))


@given(st.lists(st.sampled_from(ACTS), min_size=1, max_size=12))
def test_every_part_stays_in_bounds_and_support_put_last_never_undoes_the_order(acts):
    made = dict(zip(PARTS, of_acts(acts), strict=True))
    for value in made.values():
        assert isinstance(value, Unscored) or 0 <= value <= 3
    later = dict(zip(PARTS, of_acts([*acts, G]), strict=True))
    if made["validation_first"] == 1.0:
        assert later["validation_first"] == 1.0
    assert later["factors_layered"] == made["factors_layered"]


def test_the_guides_order_is_that_of_the_samples_labels():
    from tidelab.corpus import sample

    for label in itertools.islice(sample.labels(), 0, None, 10):
        value = of_acts(label.settled.acts)[0]
        said = {"none": None, "yes": 1.0, "no": 0.0}[label.settled.validation_first]
        assert (None if isinstance(value, Unscored) else value) == said
