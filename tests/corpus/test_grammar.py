import random

import pytest

from tidelab.corpus.grammar import expand, polish, rules


def texts(data, name="start", n=200):
    compiled = rules(data)
    return {expand(name, compiled, random.Random(i)) for i in range(n)}


def test_rules_and_brackets_expand_into_every_combination():
    assert texts({"start": ["{who} [ran|walked]", "stop"], "who": ["she", "he"]}) == {
        "she ran",
        "she walked",
        "he ran",
        "he walked",
        "stop",
    }


def test_brackets_nest_hold_rules_and_may_leave_nothing():
    assert texts({"start": "a[ [b|{c}]|]", "c": "c"}) == {"a", "a b", "a c"}


def test_the_same_seed_expands_alike():
    compiled = rules({"start": ["[a|b|c|d] {x}"], "x": ["[e|f|g]"]})
    assert expand("start", compiled, random.Random("s")) == expand("start", compiled, random.Random("s"))


@pytest.mark.parametrize("broken", ["[a|b", "a]", "a|b"])
def test_a_broken_bracket_is_refused_when_the_rules_are_read(broken):
    with pytest.raises(ValueError):
        rules({"start": broken})


def test_a_rule_that_is_missing_is_named():
    with pytest.raises(KeyError, match="nowhere"):
        expand("start", rules({"start": "{nowhere}"}), random.Random(1))


@pytest.mark.parametrize(
    ("raw", "polished"),
    [
        ("  it is  late . so what ?", "It is late. So what?"),
        ("a hour and a accident", "An hour and an accident"),
        ("an unit, an one-off, an useful thing", "A unit, a one-off, a useful thing"),
        ("a 18-year-old, an 34-year-old, a 8-year-old", "An 18-year-old, a 34-year-old, an 8-year-old"),
        ("so , a unusual day", "So, an unusual day"),
    ],
)
def test_polish_mends_spaces_stops_articles_and_capitals(raw, polished):
    assert polish(raw) == polished
