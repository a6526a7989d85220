"""In and out: where people are sent back to, in which country they are, and who counts."""

import re
from datetime import date

import pytest
from markupsafe import Markup

from tests.study_room.studies import Visitor, everything, small, study, visitor
from tidelab.safety import cards
from tidelab.safety.cards import Card
from tidelab.study import people, store, walk
from tidelab.study.app import study_app
from tidelab.study.status import status
from tidelab.study.tables import participants, recruits

SONA = "https://example.sona-systems.com/webstudy_credit.aspx?experiment_id=7&credit_token=ab12&survey_code={id}"
PROLIFIC = "https://app.prolific.com/submissions/complete?cc=C0FFEE&who={id}&own={code}"
ANYWHERE = [{"country": "", "name": "A service everywhere", "contact": "0000 333"}]


@pytest.fixture
def one_card(monkeypatch):
    """As if somebody had read one card's source; the others stay as they ship."""
    read = Card(country="NZ", name="A line in NZ", contact="0000 444", source="https://example.org", read=date(2026, 11, 1), verified=True)
    unread = Card(country="DE", name="A line in DE", contact="0000 555", source="https://example.org")
    shipped = cards.load()
    monkeypatch.setattr(cards, "_shipped", lambda: [*shipped, read, unread])


def back(text):
    found = re.search(r'<a class="button" href="([^"]*)"', text)
    return Markup(found[1]).unescape() if found else ""


@pytest.mark.parametrize(
    ("channel", "name", "sent", "put_back"),
    [
        ("prolific", "PROLIFIC_PID", "5f0a", "5f0a"),
        ("sona", "survey_code", "4711", "4711"),
        ("sona", "survey_code", "a b&credit_token=x/é%7B", "a%20b%26credit_token%3Dx%2F%C3%A9%257B"),
    ],
)
def test_who_was_sent_goes_back_with_the_name_that_the_service_gave(tmp_path, channel, name, sent, put_back):
    database, _ = study(tmp_path / "run", small(returns={"prolific": PROLIFIC, "sona": SONA}))
    guest = visitor(database)
    door = walk.read(200, "/", guest.client.get("/", params={name: sent}).text)
    assert Markup(door.hidden[channel][0]).unescape() == sent
    guest.post("/join", door.hidden)
    page = walk.walk(guest, walk.passes())[-1]
    row = everything(database, participants)[0]
    assert everything(database, recruits)[0].external_id == sent and page.path == "/end"
    wanted = {"prolific": PROLIFIC, "sona": SONA}[channel]
    assert back(page.text) == wanted.replace("{id}", put_back).replace("{code}", row.code)
    database.close()


def test_who_came_by_themselves_is_sent_nowhere(tmp_path):
    database, _ = study(tmp_path / "run", small(returns={"sona": SONA}))
    assert back(walk.walk(visitor(database), walk.passes())[-1].text) == ""
    database.close()


@pytest.mark.usefixtures("one_card")
def test_a_country_that_only_a_verified_card_knows_can_be_chosen_and_an_unverified_one_cannot(tmp_path):
    database, _ = study(tmp_path / "run", small(resources=ANYWHERE))
    guest = visitor(database)
    door = guest.get("/")
    assert "<option>NZ</option>" in door.text and "<option>DE</option>" not in door.text and "<option>US</option>" not in door.text
    assert "A line in NZ" in guest.get("/help?country=NZ").text, "also before there is a session"
    guest.post("/join", door.hidden | {"country": ["NZ"]})
    for path in ("/help", "/care", "/s/consent"):
        text = guest.get(path).text
        assert "A line in NZ" in text and "A service everywhere" in text and "A line in DE" not in text, path
    for unread in ("DE", "US", "GB"):
        other = visitor(database)
        other.post("/join", other.get("/").hidden | {"country": [unread]})
        shown = other.get("/help").text + other.get(f"/help?country={unread}").text
        assert "A line in" not in shown and "988" not in shown and "116 123" not in shown
    assert [p.country for p in everything(database, participants)] == ["NZ", "", "", ""]
    database.close()


@pytest.mark.usefixtures("one_card")
def test_who_comes_by_a_personal_link_is_asked_for_the_country_too_and_may_change_it(tmp_path):
    database, _ = study(tmp_path / "run", small(resources=ANYWHERE))
    (token,) = people.invite(database, "clinician", 1)
    guest = visitor(database)
    page = guest.get(f"/p/{token}")
    assert page.step == "consent" and 'action="/country"' in page.text and "A line in NZ" not in page.text
    told = guest.post("/country", page.hidden | {"country": ["NZ"]})
    assert told.path == "/help" and "A line in NZ" in told.text
    assert 'action="/country"' not in guest.get("/s/consent").text, "who has said it is not asked again"
    for unknown in ("DE", "XX", "nz"):
        guest.post("/country", page.hidden | {"country": [unknown]})
        assert everything(database, participants)[0].country == "NZ"
    assert 'action="/country"' in told.text and guest.post("/country", {"country": [""]}).status == 403
    guest.post("/country", page.hidden | {"country": [""]})
    assert everything(database, participants)[0].country == ""
    assert walk.walk(guest, walk.passes())[-1].path == "/end"
    database.close()


def test_without_a_country_to_choose_nobody_is_asked_for_one(tmp_path):
    database, _ = study(tmp_path / "run", small(resources=ANYWHERE))
    (token,) = people.invite(database, "lay", 1)
    assert "country" not in visitor(database).get("/").text
    assert 'action="/country"' not in visitor(database).get(f"/p/{token}").text
    database.close()


def leaves_all_out(page):
    given = walk.passes()(page)
    return given | {"left_out": page.choices["left_out"]} if page.step == "topics" else given


def test_who_leaves_out_all_topics_holds_no_place_and_does_not_count_towards_the_target(tmp_path):
    database, _ = study(tmp_path / "run", small(target=1))
    app = study_app(database, folder=None)
    for _ in range(2):
        assert walk.walk(Visitor(app), leaves_all_out)[-1].path == "/end"
    with database.read() as connection:
        assert store.places(connection, store.version(connection)) == []
    assert [p.pages for p in everything(database, participants)] == [[], []] and status(database)["completed"] == 0
    assert walk.walk(Visitor(app), walk.passes())[-1].path == "/end"
    assert status(database)["completed"] == 1
    late = Visitor(app)
    assert late.post("/join", late.get("/").hidden).status == 409
    database.close()
