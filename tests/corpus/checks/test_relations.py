import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.relations import CHECK


@pytest.mark.parametrize(
    ("text", "persona"),
    [
        ("My wife says I shout in my sleep.", {"relationship_status": "Widowed"}),
        ("My husband and I are fighting again.", {"relationship_status": "widowed"}),
        ("I can't tell my husband.", {"relationship_status": "single"}),
        ("My late wife planted it.", {"relationship_status": "divorced"}),
        ("I never married, so who would I tell.", {"relationship_status": "married"}),
        ("I'm divorced and it's quiet here.", {"relationship_status": "Married"}),
        ("I'm married and I feel alone.", {"relationship_status": "single"}),
        ("I live alone, so nobody hears it.", {"living_situation": "with a spouse"}),
        ("I live with my parents again.", {"living_situation": "alone"}),
    ],
)
def test_a_relation_or_home_that_is_not_the_personas_is_flagged(text, persona):
    (message,) = messages(CHECK, person=text, **persona)
    assert next(iter(persona.values())) in message


@pytest.mark.parametrize(
    ("text", "persona"),
    [
        ("My wife died in that room.", {"relationship_status": "widowed"}),
        ("My wife used to say I worry too much.", {"relationship_status": "widowed"}),
        ("My late wife planted it.", {"relationship_status": "widowed"}),
        ("My wife says I shout in my sleep.", {"relationship_status": "married"}),
        ("My ex-husband calls at night.", {"relationship_status": "single"}),
        ("My friend's wife is kind.", {"relationship_status": "single"}),
        ("I can't tell my husband.", {"relationship_status": "separated"}),
        ("I live alone now.", {"living_situation": "alone with her dog"}),
        ("I live alone with it, all of it.", {"living_situation": ""}),
        ("My wife says so.", {}),
    ],
)
def test_what_fits_or_is_unknown_or_was_once_is_fine(text, persona):
    assert messages(CHECK, person=text, **persona) == []
