from __future__ import annotations

import math

import pytest

from tidelab.students.copying import copied
from tidelab.students.floors import constant, echo, nearest
from tidelab.text import encoder

TRAIN = [
    ("I hear sirens and my heart races.", "Sirens bring it back."),
    ("My sister and I don't talk any more.", "You miss your sister."),
    ("I can't concentrate in meetings.", "Meetings cost you a lot."),
]


def test_the_constant_floor_says_the_same_to_everyone() -> None:
    assert len(set(constant(["a", "b", ""]))) == 1
    assert len(constant(["a", "b", ""])) == 3


def test_the_echo_floor_gives_the_words_back_as_they_came() -> None:
    assert echo(["I am tired. 🌊\x00", ""]) == ["I am tired. 🌊\x00", ""]


def test_the_nearest_floor_replies_with_the_most_similar_training_conversations_reference() -> None:
    people = ["My brother and I have not spoken for a year.", "An ambulance passed and I shook.", "", "🌊"]
    replies = nearest(TRAIN, encoder.load())(people)
    assert replies[:2] == ["You miss your sister.", "Sirens bring it back."]
    assert all(reply in {r for _, r in TRAIN} for reply in replies)


def test_of_equally_near_conversations_the_first_replies() -> None:
    twice = [("I am tired.", "first"), ("I am tired.", "second")]
    assert nearest(twice, encoder.load())(["I am tired."]) == ["first"]


def test_copying_is_counted_whatever_the_case_and_punctuation() -> None:
    training = ["One two three four five six seven eight nine.", "Short one."]
    shares = copied(["one two THREE four five six seven eight, nine", "short one", "other words here"], training)
    assert shares == {"verbatim": pytest.approx(2 / 3), "eight_grams": 1.0}


def test_a_run_of_eight_words_is_counted_and_one_of_seven_is_not() -> None:
    training = ["a b c d e f g h i j"]
    assert copied(["x a b c d e f g h"], training) == {"verbatim": 0.0, "eight_grams": 0.5}
    assert copied(["x a b c d e f g y"], training)["eight_grams"] == 0.0


def test_without_replies_nothing_is_said_about_copying() -> None:
    assert all(math.isnan(share) for share in copied([], ["a"]).values())
