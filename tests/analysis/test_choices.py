import math

import pytest

from tidelab.analysis.choices import choices
from tidelab.errors import TidelabError


def row(first, second, chosen, who="p1"):
    return {"participant_id": who, "first": first, "second": second, "chosen": chosen}


def made(a_over_b, b_over_a, people=8):
    return [row("a", "b", "first" if i < a_over_b else "b", f"p{i % people}") for i in range(a_over_b + b_over_a)]


def test_two_systems_have_the_share_of_their_choices_as_probability():
    answer = choices(made(30, 10))
    (pair,) = answer.parts["pairs"].rows
    assert pair.probability == pytest.approx(0.75)
    assert pair.low < 0.75 < pair.high
    assert pair.choices == 40
    strengths = {s.system_id: s for s in answer.parts["strengths"].rows}
    assert (strengths["a"].chosen, strengths["a"].of) == (30, 40)
    assert strengths["a"].strength == pytest.approx(math.log(3) / 2)
    assert "a is chosen most, over b in 75%" in answer.reading[0]


def test_a_choice_may_be_a_place_a_name_or_a_tie():
    answer = choices([row("a", "b", w, f"p{i}") for i, w in enumerate(["first", "b", "tie", "a", "second", "tie"])])
    assert answer.parts["pairs"].rows[0].log_odds == pytest.approx(0, abs=1e-9)
    assert answer.parts["strengths"].settings["ties"] == 2


@pytest.mark.parametrize("chosen", [["tie"], ["first", "second"]])
def test_tied_systems_are_chosen_alike_and_none_over_itself(chosen):
    answer = choices([row("a", "b", word, f"p{i}") for i in range(8) for word in chosen])
    assert "choices: a and b are chosen alike." in answer.reading[0]
    assert "over" not in answer.reading[0]


def test_two_that_share_the_first_place_are_both_named():
    rows = [row(first, "c", word, f"p{i}") for i in range(8) for first in "ab" for word in ("first", "first", "second")]
    assert "choices: a and b are chosen most, over c in 67% of choices" in choices(rows).reading[0]


def test_a_system_that_is_always_chosen_has_no_strength_and_is_named():
    answer = choices(made(10, 0))
    assert math.isnan(answer.parts["strengths"].rows[0].strength)
    assert "win or lose every choice" in answer.reading[0]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([], "no choices"),
        ([{"first": "a", "second": "b"}], "no column participant_id, chosen"),
        ([row("a", "a", "first")], "compared with itself"),
        ([row("a", "b", "first"), row("a", "b", "both")], "'both' is no choice"),
    ],
)
def test_a_faulty_row_is_named(rows, what):
    with pytest.raises(TidelabError, match=what) as error:
        choices(rows)
    assert error.value.mend
