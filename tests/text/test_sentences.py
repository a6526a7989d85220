"""Where a sentence ends, and that no word is lost."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.corpus import sample
from tidelab.text.sentences import sentences


def texts(text):
    return [s.text for s in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('She said "stay." You stayed.', ['She said "stay."', "You stayed."]),
        ("Dr. Okoro and Mrs. Hale knew. You did too.", ["Dr. Okoro and Mrs. Hale knew.", "You did too."]),
        ("J. R. was late. So what?", ["J. R. was late.", "So what?"]),
        ("You waited... and nobody came.", ["You waited... and nobody came."]),
        ("It was 4 a.m. when it rang. You picked up.", ["It was 4 a.m. when it rang.", "You picked up."]),
        ("no capital. here it goes on", ["no capital. here it goes on"]),
        ("A line\n\nanother line", ["A line", "another line"]),
        ('("Out," he said.) Then quiet.', ['("Out," he said.)', "Then quiet."]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_a_sentence_ends_where_a_reader_would_end_it(text, expected):
    assert texts(text) == expected


@given(st.text())
def test_no_character_is_lost_doubled_or_moved(text):
    found = sentences(text)
    assert "".join("".join(s.text.split()) for s in found) == "".join(text.split())
    assert all(text[s.start : s.end] == s.text and s.text == s.text.strip() and s.text for s in found)
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))


def test_the_sample_s_replies_have_sentences_of_readable_length():
    lengths = [len(s.text.split()) for c in sample.load()[2] for s in sentences(c.chatbot)]
    assert 10 < sum(lengths) / len(lengths) < 20 and max(lengths) < 75
