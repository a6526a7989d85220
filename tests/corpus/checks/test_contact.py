import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.contact import CHECK


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Write to anna.k+x@example.org today.", "an email address"),
        ("See https://example.org/help for more.", "a link"),
        ("It is on www.example.org somewhere.", "a link"),
        ("Look at mindfulhelp.com tonight.", "a link"),
        ("Call 1-800-555-0199 tonight.", "a phone number"),
        ("Call (212) 555-0199 tonight.", "a phone number"),
        ("Call +44 20 7946 0958 tonight.", "a phone number"),
        ("Call 020 7946 0958, please.", "a phone number"),
        ("My number is 5551234567.", "a phone number"),
        ("I moved to 12 Elm Street last year.", "a street address"),
        ("I moved to 221b Baker Street.", "a street address"),
    ],
)
def test_what_reaches_somebody_is_an_error(text, what):
    (message,) = messages(CHECK, person=text)
    assert what in message


@pytest.mark.parametrize(
    "text",
    [
        "Call 988 or 116 123, whichever is near.",
        "On 2021-03-04 12:30 it happened; on 03.04.2021 it came back.",
        "From 1999-2003 I was there, 2001 2002 2003 were the worst.",
        "It cost 1,000,000,000 and 250 000 in the end.",
        "I counted 1 2 3 4 5 6 7 8 9 10 and breathed.",
        "5 4 3 2 1 is an exercise that she taught me.",
        "The street was empty. 12 of us stood there. Street lights came on.",
        "I was 12.Then it stopped.",
        "He wrote me at work@ and nothing came.",
        "It's 4.5 miles and 10:30 already.",
    ],
)
def test_short_codes_dates_sums_and_counting_are_fine(text):
    assert messages(CHECK, person=text) == []


def test_one_text_with_several_kinds_has_a_finding_for_each():
    assert len(messages(CHECK, chatbot="Write to a@example.org or call 1-800-555-0199.")) == 2
