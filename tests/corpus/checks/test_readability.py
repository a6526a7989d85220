import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.readability import CHECK, LEAST
from tidelab.text.reading_ease import reading_ease, syllables

HARD = "Psychophysiological hyperarousal following interpersonal victimization necessitates stabilization procedures. " * 4
EASY = "You woke up at night. The room felt wrong to you. That is hard, and you are not alone with it here. " * 3


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("water", 2),
        ("made", 1),
        ("table", 2),
        ("smiles", 1),
        ("walked", 1),
        ("wanted", 2),
        ("houses", 2),
        ("rhythm", 1),
        ("the", 1),
    ],
)
def test_syllables_of_common_words(word, count):
    assert syllables(word) == count


def test_reading_ease_is_flesch_by_hand():
    # 6 words, 1 sentence, 6 syllables: 206.835 - 1.015 x 6 - 84.6 x 1
    assert reading_ease("The cat sat on the mat.") == pytest.approx(206.835 - 6.09 - 84.6)
    # 4 words, 2 sentences, 6 syllables
    assert reading_ease("Water falls. Tables turn.") == pytest.approx(206.835 - 1.015 * 2 - 84.6 * 6 / 4)


def test_a_reply_that_is_hard_to_read_is_flagged_and_an_easy_one_not():
    assert reading_ease(HARD) < LEAST < reading_ease(EASY)
    (message,) = messages(CHECK, chatbot=HARD)
    assert "Flesch reading ease" in message
    assert messages(CHECK, chatbot=EASY) == []


def test_what_the_person_writes_and_short_replies_are_not_judged():
    assert messages(CHECK, person=HARD) == []
    assert messages(CHECK, chatbot="Psychophysiological hyperarousal necessitates stabilization.") == []


@given(st.text())
def test_any_text_has_a_finite_reading_ease(text):
    assert -1e9 < reading_ease(text) < 207
