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


@pytest.fixture(scope="module")
def whole_corpus():
    return [(p, choose(p, 20, 7)) for p in sample(500, 7)]


def test_five_hundred_personas_have_twenty_scenarios_each_without_a_pair_of_trigger_and_emotion_twice(whole_corpus):
    for _, scenarios in whole_corpus:
        assert len({(s.trigger, s.emotion) for s in scenarios}) == 20


def test_over_a_corpus_themes_are_even_and_risk_is_its_weights(whole_corpus):
    every = [s for _, scenarios in whole_corpus for s in scenarios]
    themes, risks = Counter(s.theme for s in every), Counter(s.risk for s in every)
    assert max(themes.values()) - min(themes.values()) <= 3
    assert all(abs(risks[risk] / len(every) - weight) < 0.002 for risk, weight in taxonomy()["risk"].items())
    assert all(Counter(s.risk for s in scenarios)["elevated"] <= 2 for _, scenarios in whole_corpus)


def test_over_a_corpus_triggers_are_even_among_those_whom_they_suit_and_emotions_within_a_trigger(whole_corpus):
    for theme, triggers in taxonomy()["themes"].items():
        suited = {t: sum(fits(p, entry) for p, _ in whole_corpus) for t, entry in triggers.items()}
        counts = Counter(s.trigger for _, scenarios in whole_corpus for s in scenarios if s.theme == theme)
        rates = {t: counts[t] / suited[t] for t in triggers}
        assert max(rates.values()) < 1.3 * min(rates.values()), (theme, rates)
        for trigger, entry in triggers.items():
            felt = Counter(s.emotion for _, scenarios in whole_corpus for s in scenarios if s.trigger == trigger)
            assert min(felt[e] for e in entry["emotions"]) > 0.15 * counts[trigger], (trigger, felt)


def test_every_emotion_of_the_taxonomy_has_its_share(whole_corpus):
    felt = Counter(s.emotion for _, scenarios in whole_corpus for s in scenarios)
    assert set(felt) == set(load("emotions"))
    assert min(felt.values()) >= 0.02 * sum(felt.values())


def test_sixty_personas_with_one_scenario_each_are_balanced_too():
    first = [choose(p, 1, 3)[0] for p in sample(60, 3)]
    themes = Counter(s.theme for s in first)
    assert max(themes.values()) - min(themes[theme] for theme in THEMES) <= 2
    assert abs(sum(s.risk == "none" for s in first) / 60 - taxonomy()["risk"]["none"]) < 0.05


def test_personas_of_others_are_dealt_by_their_own_ids_whatever_those_are():
    persona = sample(1, 4)[0]
    for name in ("281_P10", "no number", "٣", "x" * 5000 + "9" * 400, "\U0001f600"):
        scenarios = choose(persona.model_copy(update={"persona_id": name}), 12, 1)
        assert len({(s.theme, s.trigger) for s in scenarios}) == 12


@settings(max_examples=20, deadline=None)
@given(st.integers(min_value=1, max_value=60), st.integers(min_value=0, max_value=1000))
def test_more_scenarios_only_add(n, seed):
    persona = sample(3, seed)[2]
    assert choose(persona, n, seed) == choose(persona, n + 7, seed)[:n]


def test_the_description_says_what_a_clinician_would_object_to(whole_corpus):
    signs = taxonomy()["signs"]
    for persona, scenarios in whole_corpus[:50]:
        for s in scenarios:
            assert s.emotion in s.description and signs[s.risk] in s.description and persona.trauma_topic in s.description
            assert taxonomy()["themes"][s.theme][s.trigger]["does"] in s.description


def fits(persona, entry):
    employed = not persona.occupation.startswith(("retired", "student", "unemployed"))
    kind = persona.trauma_type
    return (employed or not entry.get("employed")) and kind in entry.get("only", [kind]) and kind not in entry.get("unless", [])
