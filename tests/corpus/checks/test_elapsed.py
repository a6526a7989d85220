import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.elapsed import CHECK


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("It has been two years since the crash.", 14),
        ("It is nine years since it happened.", 2),
        ("The fire was three weeks ago and I can't sleep.", 6),
        ("Ten years after the earthquake I still sleep dressed.", 1.5),
        ("More than twenty years since the attack.", 3),
    ],
)
def test_a_span_that_the_personas_years_do_not_bear_out_is_flagged(text, years):
    (message,) = messages(CHECK, person=text, years_since_trauma=years)
    assert f"it is {years:g} year" in message


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("It has been two years since the crash.", 2.4),
        ("It's almost a year since the fire.", 0.9),
        ("More than twelve years since the attack, and I still look.", 40),
        ("About forty years after the war he still dreams.", 45),
        ("Two years ago I moved here.", 14),  # not the event
        ("Three weeks since my brother called.", 14),
        ("It happened two years ago.", None),
    ],
)
def test_a_span_that_fits_or_is_about_something_else_is_fine(text, years):
    assert messages(CHECK, person=text, years_since_trauma=years) == []


@pytest.mark.parametrize(
    ("field", "text", "years", "flagged"),
    [
        ("person", "I was twenty-two when the earthquake happened.", 5, True),
        ("person", "I was only 30 years old when the fire started.", 1, True),
        ("person", "I was thirty-five when the earthquake happened.", 5, False),
        ("person", "I was thirty-six when it happened, I think.", 5, False),
        ("person", "I was nine when my brother was born.", 5, False),
        ("chatbot", "You were twelve when the war began.", 5, True),
    ],
)
def test_the_age_at_the_event_is_held_against_age_and_years(field, text, years, flagged):
    found = messages(CHECK, **{field: text}, age=40, years_since_trauma=years)
    assert [f"it is {years} year" in m or f"it is {years:g}" in m for m in found] == [True] * flagged


def test_a_reply_is_read_as_well():
    assert len(messages(CHECK, chatbot="Thirty years after the war, your body is on watch.", years_since_trauma=2)) == 1
