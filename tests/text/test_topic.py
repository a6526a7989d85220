import pytest

from tidelab.errors import TidelabError
from tidelab.text.topic import on_topic, topics


def test_a_term_counts_as_a_whole_word_in_any_case():
    assert on_topic("intrusion", "sirens", "The SIREN went by.")
    assert not on_topic("intrusion", "sirens", "A sirenlike sound.")
    assert not on_topic("arousal", "checking", "I put the block on the shelf.")


def test_a_phrase_counts_across_a_line_break():
    assert on_topic("avoidance", "staying in", "He stood at the front\n door.")
    assert not on_topic("avoidance", "staying in", "The front of the door.")


def test_another_triggers_term_does_not_count():
    assert not on_topic("intrusion", "nightmares", "The flashback came at noon.")


def test_an_unknown_trigger_names_the_known_ones():
    with pytest.raises(TidelabError) as caught:
        on_topic("intrusion", "nightmare", "x")
    assert "intrusion/nightmares" in caught.value.mend


def test_every_term_is_lower_case_and_belongs_to_one_trigger():
    terms = [term for triggers in topics().values() for words in triggers.values() for term in words]
    assert all(term == term.lower() for term in terms)
    assert len(terms) == len(set(terms))
