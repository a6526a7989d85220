import re

import pytest

from tidelab.corpus.everyday import PERSON_WORDS, REPLY_WORDS, everyday
from tidelab.corpus.grammar import load
from tidelab.corpus.personas import sample
from tidelab.corpus.rehearsal import write
from tidelab.corpus.scenarios import choose
from tidelab.text.topic import on_topic, topics


@pytest.fixture(scope="module")
def pairs():
    return everyday(3000, 1)


def test_pairs_are_as_many_as_asked_for_and_all_different(pairs):
    assert len(pairs) == len(set(pairs)) == 3000
    assert len({reply for _, reply in pairs}) > 2900


def test_the_same_seed_gives_the_same_pairs_and_more_only_add(pairs):
    assert everyday(40, 1) == pairs[:40]
    assert everyday(40, 2) != pairs[:40]


def test_no_topic_of_a_scenario_and_no_trauma_occurs(pairs):
    text = "\n".join(f"{person} {reply}" for person, reply in pairs)
    assert not [trigger for theme, triggers in topics().items() for trigger in triggers if on_topic(theme, trigger, text)]
    events = {entry[side] for entry in load("traumas").values() for side in ("me", "you", "such")}
    assert not [event for event in events if re.search(rf"\b{re.escape(event)}\b", text)]
    assert not re.search(r"trauma|PTSD|assault|abuse|attack|suicid|\bdie\b", text, re.IGNORECASE)


def test_texts_have_the_words_that_were_promised(pairs):
    for person, reply in pairs:
        assert PERSON_WORDS[0] <= len(person.split()) <= PERSON_WORDS[1], person
        assert REPLY_WORDS[0] <= len(reply.split()) <= REPLY_WORDS[1], reply


def test_the_texts_are_clean_english_sentences(pairs):
    for pair in pairs:
        for text in pair:
            assert not re.search(r"[{}\[\]|_]|  |\s[.,;:?!]|\.\.|,,|,\.", text), text
            assert not re.search(r"(^|[.!?] )[a-z]", text), text
            assert not re.search(r"\ba [aeiou](?!ne\b)|\ban [^aeiouh]", text, re.IGNORECASE), text


def test_most_of_its_words_are_words_of_the_rehearsal_too(pairs):
    texts = [write(p, s, 1) for p in sample(40, 1) for s in choose(p, 10, 1)]
    known = set(re.findall(r"[\w']+", " ".join(f"{c.person} {c.chatbot}" for c in texts).lower()))
    tokens = re.findall(r"[\w']+", " ".join(f"{person} {reply}" for person, reply in pairs).lower())
    assert sum(token in known for token in tokens) > 0.75 * len(tokens)
