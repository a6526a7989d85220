import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.gender import CHECK


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("As a mother I can't let them see it.", "man"),
        ("I'm a grown man and I hide in the bathroom.", "female"),
        ("I am just a tired old woman.", "male"),
        ("I'm his wife and I didn't see it.", "man"),
    ],
)
def test_the_other_gender_is_flagged(text, gender):
    (message,) = messages(CHECK, person=text, gender=gender)
    assert f"the persona is {gender}" in message


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("As a mother I can't let them see it.", "woman"),
        ("I'm not a man who cries.", "woman"),
        ("He treated me as a man would treat a dog.", "woman"),
        ("I'm a mother-in-law's nightmare.", "man"),
        ("As a mother I can't let them see it.", "non-binary person"),
        ("As a mother I can't let them see it.", ""),
        ("I was with a woman from the ward.", "man"),
    ],
)
def test_the_same_gender_others_and_unknown_ones_are_fine(text, gender):
    assert messages(CHECK, person=text, gender=gender) == []


@pytest.mark.parametrize("reply", ["As a father, you want to be there.", "That sounds hard, sir."])
def test_a_reply_that_addresses_the_other_gender_is_flagged(reply):
    assert len(messages(CHECK, chatbot=reply, gender="woman")) == 1
    assert messages(CHECK, chatbot=reply, gender="man") == []
