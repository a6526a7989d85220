import re
from collections import Counter

import pytest

from tidelab.corpus.grammar import load
from tidelab.corpus.personas import distributions, sample
from tidelab.corpus.rehearsal import PERSON_WORDS, REPLY_WORDS, write
from tidelab.corpus.scenarios import choose, taxonomy
from tidelab.text.topic import on_topic, topics

# Advice, diagnosis, false reassurance, argued-away feelings: nothing a trauma-informed reply may say.
FORBIDDEN = re.compile(
    r"\b(you are safe|you're safe|safe now|it is over|it's over|calm down|don't worry|do not worry|at least|for a reason|you should|"
    r"you need to|you must not|have to try|try to|try and|have you tried|why don't you|i recommend|i suggest|i advise|"
    r"you could(?! not| never)|disorder|ptsd|diagnos\w*|symptoms?|therap\w*|doctor|medication|be fine|be okay|be alright|all right|"
    r"get over|move on|moving on|let it go|breathe|hotline|call 9|988|999|pills?|knife|rope|gun)\b",
    re.IGNORECASE,
)


def corpus(personas, per_persona, seed):
    return [(p, s, write(p, s, seed)) for p in sample(personas, seed) for s in choose(p, per_persona, seed)]


@pytest.fixture(scope="module")
def two_thousand():
    return corpus(100, 20, 1)


def words(text):
    return re.findall(r"[\w']+", text.lower())


def test_no_eight_words_in_a_row_stand_in_more_than_one_in_a_hundred_replies(two_thousand):
    grams = Counter()
    for _, _, c in two_thousand:
        w = words(c.chatbot)
        grams.update({tuple(w[i : i + 8]) for i in range(len(w) - 7)})
    gram, count = grams.most_common(1)[0]
    assert count <= 0.01 * len(two_thousand), (" ".join(gram), count)


def test_all_texts_are_distinct(two_thousand):
    assert len({c.person for _, _, c in two_thousand}) == len(two_thousand)
    assert len({c.chatbot for _, _, c in two_thousand}) == len(two_thousand)
    assert len({c.conversation_id for _, _, c in two_thousand}) == len(two_thousand)


def test_texts_have_the_words_that_were_promised(two_thousand):
    for _, _, c in two_thousand:
        assert PERSON_WORDS[0] <= len(c.person.split()) <= PERSON_WORDS[1], c.person
        assert REPLY_WORDS[0] <= len(c.chatbot.split()) <= REPLY_WORDS[1], c.chatbot


def test_both_turns_are_on_the_topic_and_replies_hardly_on_any_other(two_thousand):
    strays = 0
    for _, s, c in two_thousand:
        assert on_topic(s.theme, s.trigger, c.person), c.person
        assert on_topic(s.theme, s.trigger, c.chatbot), c.chatbot
        strays += sum(on_topic(th, tr, c.chatbot) for th, triggers in topics().items() for tr in triggers if tr != s.trigger)
    assert strays <= 0.02 * len(two_thousand)


def test_the_reply_names_the_emotion(two_thousand):
    emotions = load("emotions")
    for _, s, c in two_thousand:
        assert set(emotions[s.emotion]["adj"] + emotions[s.emotion]["noun"]) & {*words(c.chatbot), "worn out", "fed up", "on edge"}, (
            c.chatbot
        )


def test_no_reply_says_what_a_trauma_informed_reply_may_not_say(two_thousand):
    for _, _, c in two_thousand:
        assert not FORBIDDEN.search(c.chatbot), (FORBIDDEN.search(c.chatbot)[0], c.chatbot)


def test_a_sign_of_wanting_to_die_is_asked_about_and_nothing_else_is(two_thousand):
    asked = re.compile(r"suicide|ending your life|dying|\bdie\b|be dead")
    for _, s, c in two_thousand:
        assert bool(asked.search(c.chatbot)) == (s.risk == "elevated"), c.chatbot


def test_the_texts_are_clean_english_sentences(two_thousand):
    for _, _, c in two_thousand:
        for text in (c.person, c.chatbot):
            assert not re.search(r"[{}\[\]|_]|  |\s[.,;:?!]|\.\.|,,|,\.", text), text
            assert not re.search(r"(^|[.!?] )[a-z]", text), text
            assert text[-1] in ".?!", text
            assert not re.search(r"\b(\w+) \1\b", text, re.IGNORECASE), text
            assert not re.search(r"\ba [aeiou](?!ne\b)|\ban [^aeiouh]", text, re.IGNORECASE), text


def test_the_vocabulary_stays_small_enough_for_a_nano_student(two_thousand):
    assert 800 <= len({w for _, _, c in two_thousand for w in words(c.person + " " + c.chatbot)}) <= 2000


def test_the_orders_of_the_acts_and_the_openings_vary(two_thousand):
    openings = Counter(" ".join(words(c.chatbot)[:3]) for _, _, c in two_thousand)
    assert len(openings) > 150
    assert openings.most_common(1)[0][1] < 0.06 * len(two_thousand)


def test_formal_speakers_use_no_contractions_and_hesitant_ones_hesitate(two_thousand):
    formal = [c.person for p, _, c in two_thousand if p.speech_style == "formal"]
    hesitant = [c.person for p, _, c in two_thousand if p.speech_style == "hesitant"]
    assert not [text for text in formal if re.search(r"n't|I'm|'ll\b", text)]
    assert sum(bool(re.search(r"I guess|I don't know|I mean|Maybe|Sorry|Um|not sure|hard to say", text)) for text in hesitant) == len(
        hesitant
    )


def test_the_same_arguments_give_the_same_bytes_and_a_variant_other_words():
    first, again = (c.model_dump_json() for _, _, c in corpus(2, 3, 9)), (c.model_dump_json() for _, _, c in corpus(2, 3, 9))
    assert list(first) == list(again)
    persona, scenario, plain = corpus(1, 1, 9)[0]
    other = write(persona, scenario, 9, variant=1)
    assert (other.person, other.chatbot) != (plain.person, plain.chatbot)
    assert other.conversation_id != plain.conversation_id
    assert write(persona, scenario, 10).chatbot != plain.chatbot


def test_a_conversation_says_where_it_comes_from():
    persona, scenario, c = corpus(1, 1, 9)[0]
    assert (c.persona_id, c.scenario_id, c.theme, c.risk) == (persona.persona_id, scenario.scenario_id, scenario.theme, scenario.risk)
    assert (c.source, c.licence, c.split) == ("rehearsal", "CC-BY-4.0", None)
    assert c.provenance == {"teacher": "rehearsal", "grammar": "3", "seed": 9, "variant": 0}


def test_the_grammar_knows_all_that_personas_and_scenarios_can_be():
    data, people = load("rehearsal"), distributions()
    events = {topic for trauma in people["traumas"].values() for topic in trauma["topics"]}
    assert set(load("traumas")) == events
    assert set(data["behaviors"]) == set(people["behaviors"])
    assert set(data["styles"]) == set(people["speech_styles"])
    assert set(data["homes"]) == {home for living in people["living"].values() if isinstance(living, dict) for home in living}
    assert set(data["work"]["places"]) == {*people["occupations"], "student", "retired", "unemployed"}
    assert set(load("triggers")) == {trigger for triggers in taxonomy()["themes"].values() for trigger in triggers}


def test_every_facet_of_every_trigger_holds_a_term_of_its_topic_on_both_sides():
    triggers = load("triggers")
    for theme, names in topics().items():
        for name in names:
            entry = triggers[name]
            assert len(entry["facets"]) >= 3
            for text in entry["np"] + [facet[side] for facet in entry["facets"] for side in ("me", "you", "ing")]:
                assert on_topic(theme, name, text), (name, text)
