"""Crisis cards that nobody has verified are not served; signs are found as people write them."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.errors import TidelabError
from tidelab.safety.cards import load, served
from tidelab.safety.sets import crisis
from tidelab.safety.signs import SIGNS, sign, weight

ROOT = Path(__file__).parents[2]
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


def test_the_shipped_weights_find_the_grave_messages_that_they_were_learnt_from_and_leave_ordinary_comments():
    grave = ["\n".join(m.text for m in c.messages if m.role == "person") for c in crisis("development") if c.stage in ("plan", "attempt")]
    assert len(grave) > 100 and sum(bool(sign(text)) for text in grave) >= 0.9 * len(grave)
    said = ["It felt like reading a leaflet to me.", "She asks about work and it answers about sleep.", "I liked the tone, not the length."]
    assert [sign(text) for text in said] == [""] * 3


def test_what_is_said_obliquely_is_a_possible_sign_in_english_alone():
    text = "some days I think it would be easier for everyone not to be here any more"
    assert sign(text) == "possible" and sign(text, "es") == "" and sign("I want to die", "es") == "active"


@given(st.text(max_size=300))
def test_any_text_gets_a_known_answer(text):
    assert sign(text) in {"", "possible", *SIGNS}
    assert not math.isnan(weight(text))


def test_learnt_anew_out_of_fold_the_weights_find_what_the_page_says_they_find(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import train_signs

    told, page = train_signs.examine()[0], (ROOT / "docs" / "signs.md").read_text("utf-8")
    assert [line for line in told.splitlines() if line.startswith("|")] == [line for line in page.splitlines() if line.startswith("|")]
    cells = [line.split("|") for line in told.splitlines()[2:-2]]
    shares = {row[1].strip(): int(row[4].strip().rstrip("%")) for row in cells}
    assert min(shares["attempt"], shares["plan"]) >= 85 and shares["no sign, a comment on a reply"] <= 12
