"""Crisis cards that nobody has verified are not served; signs are found as people write them."""

import pytest

from tidelab.errors import TidelabError
from tidelab.safety.cards import load, served
from tidelab.safety.signs import sign

CARD = "- {{country: GB, name: A, contact: '1', source: 'https://example.org'{}}}\n"


def test_every_shipped_card_names_its_source_and_is_served_only_when_somebody_has_read_it():
    cards = load()
    assert cards and all(card.source.startswith("https://") for card in cards)
    for country in {card.country for card in cards}:
        assert served(country) == [c for c in cards if c.country == country and c.verified and c.read]


def test_a_card_is_served_in_its_country_once_it_is_verified(tmp_path):
    (tmp_path / "gb.yaml").write_text(CARD.format(", read: 2026-01-31, verified: true") + CARD.format(""))
    assert len(load(tmp_path)) == 2
    assert [c.name for c in served("GB", tmp_path)] == ["A"] and served("US", tmp_path) == []


@pytest.mark.parametrize("more", [", verified: true", ", colour: red", ", country: gb"])
def test_a_card_that_is_not_in_order_is_told(tmp_path, more):
    lower = "- {country: gb, name: A, contact: '1', source: x}\n"
    (tmp_path / "gb.yaml").write_text(lower if "country" in more else CARD.format(more))
    with pytest.raises(TidelabError, match=r"gb\.yaml"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I want to die", "active"),
        ("They’d be better off without me", "passive"),
        ("I took all my pills", "attempt"),
        ("I have written a goodbye letter", "plan"),
        ("he is going to hurt me", "danger"),
        ("the replies were kind", ""),
        ("I was nervous before the deadline", ""),
        ("", ""),
    ],
)
def test_signs_are_found(text, found):
    assert sign(text) == found
