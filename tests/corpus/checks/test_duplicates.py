from tidelab.corpus.checks.duplicates import CHECK
from tidelab.records import Conversation


def talk(conversation_id, person, chatbot="The nights are long."):
    return Conversation(conversation_id=conversation_id, persona_id=conversation_id, person=person, chatbot=chatbot)


def test_equal_words_in_other_case_spacing_or_unicode_form_name_the_first():
    rows = [talk("a", "The café burnt."), talk("b", "the  cafe\u0301 BURNT.\n"), talk("c", "The café burnt.")]
    assert [(f.conversation_id, f.message) for f in CHECK.find(rows, {})] == [("b", "says the same as `a`"), ("c", "says the same as `a`")]


def test_the_same_words_with_another_reply_are_no_duplicate():
    assert CHECK.find([talk("a", "I can't sleep."), talk("b", "I can't sleep.", "Since when?")], {}) == []


def test_a_text_moved_between_the_speakers_is_no_duplicate():
    assert CHECK.find([talk("a", "one two", "three"), talk("b", "one", "two three")], {}) == []
