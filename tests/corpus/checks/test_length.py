import pytest

from tidelab.corpus.checks.length import CHECK
from tidelab.records import Conversation


def findings(person, chatbot="A reply of quite usual length here."):
    return [f.message for f in CHECK.find([Conversation(conversation_id="a", persona_id="p", person=person, chatbot=chatbot)], {})]


@pytest.mark.parametrize("words", [5, 400])
def test_the_limits_themselves_are_fine(words):
    assert findings("word " * words) == []


@pytest.mark.parametrize(("words", "said"), [(1, "1 word,"), (4, "4 words,"), (401, "401 words,"), (5_000, "5,000 words,")])
def test_texts_beyond_the_limits_are_flagged_with_their_length(words, said):
    (message,) = findings("word " * words)
    assert "the person's text" in message
    assert said in message


def test_both_texts_are_looked_at():
    assert len(findings("Help.", "Yes?")) == 2
