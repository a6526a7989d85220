from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.checks.talks import talk
from tidelab.corpus import sample, stats
from tidelab.corpus.formats import Import
from tidelab.records import Persona


def corpus(*rows, people=()):
    return Import(list(people), [], list(rows), [], [])


def test_the_samples_counts_add_up():
    people, _, rows = sample.load()
    told = stats.describe(Import(people, [], rows, [], []))
    assert told["conversations"] == len(rows) and told["personas"] == len(people)
    for counts in told["by"].values():
        assert sum(counts.values()) == len(rows)
    assert told["by"]["source"] == {"sample": len(rows)}
    assert 0.3 < told["person"]["type_token_ratio"] < 0.6


def test_lengths_and_sentences_by_hand():
    told = stats.describe(
        corpus(talk(person="One two three. Four five!"), talk(conversation_id="b", person="One two three four five six seven."))
    )
    assert told["person"]["words"] == {"least": 5, "median": 6, "mean": 6.0, "most": 7, "deviation": 1.0}
    assert told["person"]["sentence_words"]["least"] == 2 and told["person"]["sentence_words"]["most"] == 7
    assert told["person"]["type_token_ratio"] is None


def test_repeated_openings_and_phrases_are_counted_by_conversation():
    rows = [
        talk(conversation_id="a", person="It came back at night and it came back at night and I ran."),
        talk(conversation_id="b", person="It came back, at night, and it went."),
        talk(conversation_id="c", person="Nothing of that kind was ever said here."),
    ]
    told = stats.describe(corpus(*rows))["person"]
    assert told["openings"][0] == {"words": "it came back", "conversations": 2, "share": 0.6667}
    assert told["repeated_6_grams"]["share_of_conversations"] == 0.6667
    assert told["repeated_6_grams"]["most"] == [
        {"words": "came back at night and it", "conversations": 2},
        {"words": "it came back at night and", "conversations": 2},
    ]


def test_unknown_values_are_counted_as_such():
    told = stats.describe(corpus(talk(), people=[Persona(persona_id="p", gender="woman")]))
    assert told["by"]["theme"] == {"(unknown)": 1} and told["by"]["gender"] == {"woman": 1} and told["by"]["age_group"] == {"(unknown)": 1}


def test_near_duplicates_are_told_only_if_asked():
    rows = [talk(conversation_id="a", chatbot="one"), talk(conversation_id="b", chatbot="two")]
    assert "near_duplicates" not in stats.describe(corpus(*rows))
    assert stats.describe(corpus(*rows), near=True)["near_duplicates"] == {"cosine": 0.97, "conversations": 1, "share": 0.5}


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_any_texts_can_be_described(texts):
    told = stats.describe(corpus(*(talk(conversation_id=str(i), person=text) for i, text in enumerate(texts))))
    assert told["person"]["words"]["least"] <= told["person"]["words"]["mean"] <= told["person"]["words"]["most"]


def test_half_a_megabyte_of_quotes_and_dots_is_described_in_time():
    import time

    start = time.process_time()
    for piece in ('"', '."', "...", "\n", ". "):
        stats.describe(corpus(talk(person="a" + piece * (500_000 // len(piece)))))
    assert time.process_time() - start < 10
