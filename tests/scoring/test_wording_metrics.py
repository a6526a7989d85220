"""Metrics of the wording alone: readability, distinct-n, self-repetition, copying from the person, emotion words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.scoring import distinct_n, emotion_words, readability, self_repetition
from tidelab.scoring.metric import Unscored, metric
from tidelab.scoring.shared import Batch, Shared, Whole

GOOD = "You sound frightened, and it makes sense that the noise took you back. You stayed, and that took courage."
PERSON = "The noise took me back again and I was so scared and ashamed. Nobody knows how tired I am."


def values(name, replies, persons=None):
    return metric(name).values(Batch(persons or [""] * len(replies), [""] * len(replies), replies, Shared("none")))


def whole(module, replies):
    return module.corpus(Whole([Batch([""] * len(replies), [""] * len(replies), replies, Shared("none"))], [range(len(replies))]))


def test_reading_ease_and_grade_by_hand():
    # 6 words, 1 sentence, 6 syllables
    found = values("readability", ["The cat sat on the mat."])
    assert found["reading_ease"] == [pytest.approx(206.835 - 1.015 * 6 - 84.6)]
    assert found["reading_grade"] == [pytest.approx(0.39 * 6 + 11.8 - 15.59)]


def test_texts_without_words_or_of_another_script_are_not_rated_for_reading():
    for value in values("readability", ["", " ", "...", "😀", "שלום עולם", "हिन्दी में"])["reading_ease"]:
        assert isinstance(value, Unscored)
    assert isinstance(values("readability", ["café déjà vu"])["reading_ease"][0], float)


def test_distinct_counts_words_and_triples():
    found = values("distinct_n", ["a b a b a b", "one two", "one"])
    assert found["distinct_1"] == [2 / 6, 1.0, 1.0]
    assert found["distinct_3"][0] == 2 / 4
    assert isinstance(found["distinct_3"][1], Unscored)
    assert whole(distinct_n, ["a b c", "a b c"]) == {"distinct_1": 0.5, "distinct_3": 0.5}


def test_self_repetition_sees_a_loop_in_a_reply_and_the_same_sentence_for_everyone():
    assert values("self_repetition", ["a b c d " * 5, GOOD])["self_repetition"] == [pytest.approx(1 - 4 / 17), 0.0]
    assert isinstance(values("self_repetition", ["one two three"])["self_repetition"][0], Unscored)
    assert whole(self_repetition, [GOOD] * 3) == {"self_repetition": 1.0}
    assert whole(self_repetition, [GOOD, "Nothing here is said in any other reply."]) == {"self_repetition": 0.0}
    assert math.isnan(whole(self_repetition, ["short"])["self_repetition"])


def test_copying_is_one_for_an_echo_and_none_for_other_words():
    found = values("copying", [PERSON, "I hear you and I am here.", "You said: nobody knows how. Rest now.", ""], [PERSON] * 4)["copying"]
    assert found[:3] == [1.0, 0.0, 3 / 7]
    assert isinstance(found[3], Unscored)


def test_emotion_words_match_by_family_and_not_by_word():
    found = values("emotion_words", ["Being frightened like that is exhausting.", "How nice.", ""], [PERSON] * 3)
    assert found["emotion_match"][:2] == [2 / 3, 0.0]  # fear and exhaustion, not shame
    assert found["emotion_density"][:2] == [2 / 6, 0.0]
    assert isinstance(found["emotion_match"][2], Unscored)
    (value,) = values("emotion_words", ["ok then"], ["I went to the shop."])["emotion_match"]
    assert isinstance(value, Unscored)
    assert "person" in value.reason


def test_a_stem_of_the_lexicon_stands_in_one_family_only():
    import yaml

    from tidelab.scoring.stems import stem

    path = emotion_words.files("tidelab.scoring") / "data" / "emotion_words.yaml"
    listed = [(stem(word), family) for family, words in yaml.safe_load(path.read_text("utf-8")).items() for word in words.split()]
    assert len(emotion_words._lexicon()) == len({s for s, _ in listed}) == len(set(listed))


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_lies_in_bounds_or_says_why_not(texts):
    for name in ("readability", "distinct_n", "self_repetition", "copying", "emotion_words"):
        low, high = metric(name).bounds
        for column in values(name, texts, texts).values():
            assert all(v.reason if isinstance(v, Unscored) else low <= v <= high for v in column)


@given(st.permutations([GOOD, PERSON, "a b a b a b a b", "ok"]))
def test_the_order_of_replies_moves_no_value(order):
    for name in ("readability", "distinct_n", "self_repetition", "copying", "emotion_words"):
        straight = values(name, sorted(order), [PERSON] * 4)
        shuffled = values(name, list(order), [PERSON] * 4)
        for part in straight:
            assert [straight[part][sorted(order).index(text)] for text in order] == shuffled[part]


def test_good_replies_repeated_or_echoed_move_the_metric_that_claims_to_see_it_and_readability_hardly():
    looped, echoed = f"{GOOD} {GOOD}", f"{PERSON} {GOOD}"
    before, loop, echo = ({n: values(n, [text], [PERSON])[n][0] for n in ("self_repetition", "copying")} for text in (GOOD, looped, echoed))
    assert loop["self_repetition"] > before["self_repetition"] + 0.4
    assert loop["copying"] == pytest.approx(before["copying"])
    assert echo["copying"] > before["copying"] + 0.3
    assert echo["self_repetition"] == before["self_repetition"]
    ease = [values("readability", [text])["reading_ease"][0] for text in (GOOD, looped)]
    assert ease[0] == pytest.approx(ease[1])
    assert readability.METRIC.better == "none"
