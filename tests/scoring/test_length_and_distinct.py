import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.scoring import distinct, length
from tidelab.scoring.metric import Unscored
from tidelab.scoring.shared import Batch, Shared, Whole
from tidelab.scoring.words import words


def scored(module, *replies):
    return next(iter(module.score(Batch([""] * len(replies), [""] * len(replies), list(replies), Shared("none"))).values()))


def over_all(replies):
    batch = Batch([""] * len(replies), [""] * len(replies), list(replies), Shared("none"))
    return distinct.corpus(Whole([batch], [range(len(replies))]))["distinct_2"]


def test_length_counts_words_not_marks():
    assert scored(length, "I hear you.", "", " \n", "…!? —", "don't well-being", "first—second – third") == [3, 0, 0, 0, 2, 3]


def test_length_of_five_thousand_words_emoji_other_scripts_and_nul(odd):
    assert scored(length, *odd) == [1, 0, 4, 3, 1, 0, 5000, 2, 3]


def test_distinct_2_counts_each_pair_of_neighbours_once():
    assert scored(distinct, "I am here, I am here") == [3 / 5]
    assert scored(distinct, "one two three") == [1.0]


def test_a_reply_under_two_words_has_no_pair_and_is_unscored():
    for value in scored(distinct, "", "word", "...", "❤️"):
        assert isinstance(value, Unscored)
        assert "two words" in value.reason


def test_over_all_replies_a_system_that_says_the_same_to_everyone_is_low_though_each_reply_is_high():
    same = ["I am so sorry that this happened to you"] * 50
    assert scored(distinct, *same) == [1.0] * 50
    assert over_all(same) == pytest.approx(1 / 50)
    assert math.isnan(over_all(["one", ""]))


@given(st.lists(st.text(), max_size=5))
def test_distinct_2_lies_in_zero_to_one_and_pairs_never_span_two_replies(replies):
    for value in scored(distinct, *replies):
        assert isinstance(value, Unscored) or 0 < value <= 1
    pairs = sum(max(len(w) - 1, 0) for w in words(replies))
    assert math.isnan(over_all(replies)) == (pairs == 0)


@given(st.text())
def test_words_are_never_blank_and_never_hold_white_space(text):
    assert all(word and not any(c.isspace() for c in word) for word in words([text])[0])
