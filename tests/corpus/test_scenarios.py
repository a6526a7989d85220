from collections import Counter
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.corpus.grammar import load
from tidelab.corpus.personas import sample
from tidelab.corpus.scenarios import THEMES, choose, span, taxonomy
from tidelab.records import Risk
from tidelab.text.topic import topics


def test_the_taxonomy_has_six_themes_of_six_triggers_or_more_each_with_topic_terms_and_emotions():
    themes = taxonomy()["themes"]
    emotions = load("emotions")
    assert tuple(themes) == THEMES
    assert {theme: set(triggers) for theme, triggers in themes.items()} == {theme: set(triggers) for theme, triggers in topics().items()}
    for triggers in themes.values():
        assert len(triggers) >= 6
        assert all(len(entry["emotions"]) >= 3 and set(entry["emotions"]) <= set(emotions) for entry in triggers.values())
    assert set(taxonomy()["risk"]) == set(get_args(Risk))


@settings(max_examples=30, deadline=None)
@given(st.integers(min_value=0, max_value=50), st.integers(min_value=0, max_value=10**6))
def test_a_personas_scenarios_are_even_over_themes(n, seed):
    persona = sample(1, seed)[0]
    counts = Counter(s.theme for s in choose(persona, n, seed))
    assert sum(counts.values()) == n
    assert all(n // 6 <= counts[theme] <= n // 6 + 1 for theme in THEMES)


def test_themes_are_even_over_personas_even_with_four_scenarios_each():
    counts = Counter(s.theme for p in sample(600, 1) for s in choose(p, 4, 1))
    assert max(counts.values()) < 1.15 * min(counts.values())


def test_ids_are_unique_and_no_trigger_comes_twice_before_its_theme_is_used_up():
    for persona in sample(40, 5):
        scenarios = choose(persona, 24, 5)
        assert len({s.scenario_id for s in scenarios}) == 24
        assert len({(s.theme, s.trigger) for s in scenarios}) == 24


def test_scenarios_make_sense_for_the_persona():
    for persona in sample(400, 2):
        for scenario in choose(persona, 12, 2):
            entry = taxonomy()["themes"][scenario.theme][scenario.trigger]
            assert scenario.emotion in entry["emotions"]
            assert persona.trauma_type in entry.get("only", [persona.trauma_type])
            assert persona.trauma_type not in entry.get("unless", [])
            if entry.get("employed"):
                assert not persona.occupation.startswith(("retired", "student", "unemployed"))


def test_a_description_is_one_sentence_about_that_persona():
    persona = sample(1, 4)[0]
    description = choose(persona, 1, 4)[0].description
    assert f"{persona.age}-year-old" in description
    assert persona.trauma_topic in description
    assert description.endswith(".")
    assert description.count(".") == 1


def test_the_same_seed_gives_the_same_scenarios():
    persona = sample(1, 4)[0]
    assert choose(persona, 9, 4) == choose(persona, 9, 4)
    assert choose(persona, 9, 4) != choose(persona, 9, 5)


@pytest.mark.parametrize(
    ("years", "words"),
    [(0.3, "some months"), (1.4, "about a year"), (1.5, "two years"), (12.4, "twelve years"), (12.5, "more than twelve years"),
     (20.5, "more than twenty years"), (66.0, "more than forty years"), (None, "some time")],
)  # fmt: skip
def test_a_span_of_years_in_words(years, words):
    assert span(years) == words
