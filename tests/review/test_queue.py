"""Who gets what, what is kept, and what a third reviewer sees."""

import threading

import pytest
import sqlalchemy as sa

from tests.review.runs import Person, answer, everything, review
from tests.web.test_database import postgres, url
from tidelab.review.app import review_app
from tidelab.review.tables import answers, assignments, items, revisions
from tidelab.review.verdicts import verdicts

__all__ = ["postgres", "url"]


@pytest.fixture
def place(tmp_path):
    database, run = review(tmp_path / "run", 3)
    yield database, run
    database.close()


def decided(database):
    with database.read() as connection:
        return {v.item.conversation_id: v.decision() for v in verdicts(connection)}


def test_two_reviewers_get_every_item_and_a_third_gets_none(place):
    database, _ = place
    for name in ("A", "B"):
        person = Person(database, name)
        seen = []
        while (item := person.next()) is not None:
            seen.append(item)
            assert person.send(item).status_code == 200
        assert sorted(seen) == [1, 2, 3]
    late = Person(database, "C")
    assert late.next() is None and "nothing for you" in late.page.text
    assert {d.decision for d in decided(database).values()} == {"approved"}


def test_items_with_fewest_completed_answers_come_first(place):
    database, _ = place
    first = Person(database, "A")
    one = first.next()
    first.send(one)
    second = Person(database, "B")
    assert second.next() not in (one, None)


def test_an_item_that_was_begun_comes_back_before_another(place):
    database, _ = place
    person = Person(database, "A")
    item = person.next()
    person.send(item, then="draft", rating=2)
    assert person.next() == item


def test_a_reservation_holds_a_place_and_frees_it_when_it_expires(tmp_path):
    database, _ = review(tmp_path / "run", 1)
    sleepers = [Person(database, name) for name in ("A", "B")]
    assert [p.next() for p in sleepers] == [1, 1]
    third = Person(database, "C")
    assert third.next() is None
    with database.write() as connection:
        past = sa.func.datetime("2020-01-01")
        connection.execute(sa.update(assignments).where(assignments.c.person_id == 1).values(reserved_until=past))
    assert third.next() == 1
    assert third.send(1, rating=3).status_code == 200
    sleepers[1].send(1, rating=3)
    assert sleepers[0].send(1, rating=5).status_code == 200  # late, and still kept
    with database.read() as connection:
        (verdict,) = verdicts(connection)
    assert [r.person_id for r in verdict.reviews] == [3, 2] and [r.person_id for r in verdict.surplus] == [1]
    database.close()


def test_what_is_sent_twice_is_one_answer_and_a_change_is_a_new_row(place):
    database, _ = place
    person = Person(database, "A")
    item = person.next()
    for rating in (4, 4, 4, 5):
        person.send(item, rating=rating)
        person.page = person.browser.get(f"/items/{item}")
    assert [row.ratings["realism"] for row in everything(database, answers)] == [4, 5]


def test_an_incomplete_answer_is_kept_as_a_draft_and_the_page_says_what_is_missing(place):
    database, _ = place
    person = Person(database, "A")
    item = person.next()
    fields = answer() | {"realism": "", "comment": "half way"}
    page = person.browser.post(f"/items/{item}", data=fields | {"csrf": person.csrf})
    assert page.status_code == 422 and "Realism: please choose" in page.text and "half way" in page.text
    (row,) = everything(database, answers)
    assert not row.final and row.comment == "half way" and "realism" not in row.ratings


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"decision": "reject"}, "at least one reason"),
        ({"decision": "reject", "reasons": "other"}, "say what else"),
        ({"decision": ""}, "approve or reject"),
        ({"chatbot": "  "}, "not be empty"),
        ({"realism": "6"}, "Realism: please choose"),
        ({"realism": "1.5"}, "Realism: please choose"),
        ({"decision": "<b>"}, "approve or reject"),
    ],
)
def test_answers_that_answer_nothing_are_not_final(place, fields, told):
    database, _ = place
    person = Person(database, "A")
    item = person.next()
    page = person.browser.post(f"/items/{item}", data=answer() | fields | {"csrf": person.csrf})
    assert page.status_code == 422 and told in page.text


def test_a_revision_is_a_row_and_the_original_stays(place):
    database, _ = place
    person = Person(database, "A")
    item = person.next()
    before = everything(database, items)
    person.send(item, chatbot="Another reply.\r\nWith two lines.")
    (row,) = everything(database, revisions)
    assert row.chatbot == "Another reply.\nWith two lines." and row.person == before[item - 1].person
    assert everything(database, items) == before


def test_sending_the_text_back_unchanged_is_no_revision(place):
    database, _ = place
    person = Person(database, "A")
    item = person.next()
    stood = everything(database, items)[item - 1]
    person.send(item, person=stood.person, chatbot=stood.chatbot + "\r\n")
    assert everything(database, revisions) == []


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({}, {"decision": "reject", "reasons": "harm"}, ["One approved and one rejected"]),
        ({"rating": 4}, {"realism": "2"}, ["Realism: 4 and 2"]),
        ({"rating": 4}, {"realism": "3"}, []),
        ({"chatbot": "Better."}, {}, ["The text was revised by one, or differently by both"]),
        ({"chatbot": "Better."}, {"chatbot": "Better."}, []),
    ],
)
def test_what_goes_to_a_third_reviewer(tmp_path, one, other, why):
    database, _ = review(tmp_path / "run", 1)
    for name, fields in (("A", one), ("B", other)):
        person = Person(database, name)
        person.send(person.next(), **fields)
    third = Person(database, "T", "adjudicator")
    assert (third.next() is not None) == bool(why)
    with database.read() as connection:
        assert verdicts(connection)[0].dispute == why
    database.close()


def test_a_third_reviewer_decides_and_then_the_two_can_change_nothing(tmp_path):
    database, _ = review(tmp_path / "run", 1)
    a, b = Person(database, "Anna"), Person(database, "Boris")
    a.send(a.next(), chatbot="Mended.", comment="I changed a word")
    b.send(b.next(), decision="reject", reasons="advice", comment="no advice please")
    assert decided(database)["c000"].by == "awaits third reviewer"
    third = Person(database, "Third", "adjudicator")
    assert third.next() == 1
    told = third.page.text
    assert "I changed a word" in told and "no advice please" in told and "Mended." in told
    assert "Anna" not in told and "Boris" not in told
    third.send(1, chatbot="Mended.")
    found = decided(database)["c000"]
    assert (found.decision, found.by, found.chatbot, found.reviews) == ("approved", "third reviewer", "Mended.", 2)
    a.page = a.browser.get("/items/1")
    assert "has decided" in a.page.text
    late = a.browser.post("/items/1", data=answer(1) | {"csrf": a.csrf})
    assert late.status_code == 409
    assert len(everything(database, answers)) == 3
    database.close()


def test_reviewers_never_see_each_other_nor_items_that_are_not_theirs(place):
    database, _ = place
    a, b = Person(database, "Anna"), Person(database, "Boris")
    item = a.next()
    a.send(item, then="draft", comment="a secret word", rating=1)
    other = b.next()
    while other != item:
        b.send(other)
        other = b.next()
    assert "a secret word" not in b.page.text and "checked" not in b.page.text and "Anna" not in b.page.text
    c = Person(database, "Carla")
    assert c.browser.get(f"/items/{item}").status_code == 404
    assert c.browser.post(f"/items/{item}", data=answer() | {"csrf": c.csrf}).status_code == 404
    assert c.browser.get("/progress").status_code == 403


def test_two_reviewers_at_once_each_get_their_own_place(tmp_path, url):
    database, _ = review(tmp_path / "run", 6, url=url)
    app = review_app(database)
    crowd = [Person(database, f"R{i}", app=app) for i in range(4)]
    failures = []

    def work(person):
        try:
            while (item := person.next()) is not None:
                if person.send(item).status_code != 200:
                    failures.append(person.page.text)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(p,)) for p in crowd]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failures == []
    with database.read() as connection:
        found = verdicts(connection)
    assert [len(v.reviews) for v in found] == [2] * 6 and not any(v.surplus for v in found)
    assert len(everything(database, answers)) == 12
    database.close()


def test_a_text_that_changed_in_the_run_is_retired_and_enters_anew(place, tmp_path):
    from tests.review.runs import make
    from tidelab.review.items import fill

    database, _ = place
    person = Person(database, "A")
    item = person.next()
    person.send(item)
    assert fill(database, make(tmp_path / "other", 3, person="Other words, item {i}."), []) == 3
    assert decided(database).keys() == {"c000", "c001", "c002"}
    assert [row.retired is not None for row in everything(database, items)] == [True] * 3 + [False] * 3
    assert len(everything(database, answers)) == 1
    person.page = person.browser.get("/guide")
    assert person.browser.post(f"/items/{item}", data=answer(2) | {"csrf": person.csrf}).status_code == 409


def test_students_replies_are_rated_blind_and_their_text_stays(tmp_path):
    from tests.review.runs import SYSTEM, make
    from tidelab.review.app import open_database
    from tidelab.review.items import fill

    run = make(tmp_path / "run", 2)
    database = open_database(f"sqlite:///{tmp_path / 'r.db'}")
    assert fill(database, run, [SYSTEM, "reference"]) == 4
    person = Person(database, "A")
    for _ in range(4):
        item = person.next()
        text = person.page.text
        assert SYSTEM not in text and "nano" not in text and 'name="chatbot"' not in text
        person.send(item, chatbot="changed")
    assert everything(database, revisions) == []
    assert {row.system_id for row in everything(database, items)} == {SYSTEM, "reference"}
    database.close()
