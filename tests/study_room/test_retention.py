"""When a person's time is over their rows go, also in a server that nobody joins; and a clock that is wrong deletes nobody."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from tests.study import tide
from tests.study_room.studies import Visitor, everything, small, study, visitor, written
from tidelab.study import app as study_application
from tidelab.study import people, walk
from tidelab.study.app import study_app
from tidelab.study.status import status
from tidelab.study.tables import audit, participants
from tidelab.web import people as staff
from tidelab.web.database import now


@pytest.fixture
def place(tmp_path):
    opened, run = study(tmp_path / "run", small())
    walk.walk(visitor(opened), walk.passes())
    written(run, small())
    yield opened, run
    opened.close()


def aged(database, days):
    with database.write() as connection:
        connection.execute(sa.update(participants).values(seen=now() - timedelta(days=days)))


def later(monkeypatch, days):
    monkeypatch.setattr(people, "now", lambda: now() + timedelta(days=days))


def gone_within(database, seconds):
    end = time.monotonic() + seconds
    while everything(database, participants) and time.monotonic() < end:
        time.sleep(0.02)
    return not everything(database, participants)


def test_a_running_server_that_nobody_asks_for_anything_enforces_the_retention_period(place, monkeypatch):
    database, _ = place
    monkeypatch.setattr(study_application, "DAY", 0.05)
    with TestClient(study_app(database, folder=None)):
        time.sleep(0.2)
        assert len(everything(database, participants)) == 1
        aged(database, 366)
        assert gone_within(database, 10)


def test_a_database_that_is_away_for_a_day_ends_neither_the_server_nor_the_daily_look(place, monkeypatch):
    database, _ = place
    calls, retain = [], people.retain

    def once_away(*args, **more):
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("", {}, Exception())
        return retain(*args, **more)

    monkeypatch.setattr(study_application, "DAY", 0.05)
    monkeypatch.setattr(people, "retain", once_away)
    aged(database, 366)
    with TestClient(study_app(database, folder=None)) as client:
        assert gone_within(database, 10) and len(calls) >= 2 and client.get("/").status_code == 200


def test_a_clock_that_leaps_deletes_nobody_and_the_status_and_the_dashboard_tell_it(place, monkeypatch):
    database, run = place
    assert people.retain(database, folder=None) == 0 and status(database)["clock"] == {}
    later(monkeypatch, 3650)
    assert people.retain(database, folder=None) == 0 and len(everything(database, participants)) == 1
    told = status(database)["clock"]
    assert told["last"] == f"{now():%Y-%m-%d}" and int(told["now"][:4]) >= now().year + 9
    code, out = tide("study", "status", "--run", str(run.path))
    assert code == 0 and "--clock-is-right" in out and told["now"] in out
    guest = Visitor(study_app(database, folder=None))
    guest.get(f"/enter/{staff.invite(database, 'Someone', 'reviewer', 1)[0]}")
    page = guest.get("/staff").text
    assert told["now"] in page and told["last"] in page and "--clock-is-right" in page
    monkeypatch.undo()
    assert people.retain(database, folder=None) == 0 and status(database)["clock"] == {}, "set right again, all is as it was"


def test_what_people_do_under_a_wrong_clock_does_not_make_it_right(place, monkeypatch):
    database, _ = place
    people.retain(database, folder=None)
    walk.walk(visitor(database), walk.passes())
    second = participants.c.id == everything(database, participants)[1].id
    with database.write() as connection:
        connection.execute(sa.update(participants).where(second).values(seen=now() + timedelta(days=3650)))
    later(monkeypatch, 3650)
    for _ in range(3):
        assert people.retain(database, folder=None) == 0
    assert len(everything(database, participants)) == 2


def test_a_server_that_looks_every_day_deletes_in_time_and_doubts_nothing(place, monkeypatch):
    database, _ = place
    for day in range(0, 365, 30):
        later(monkeypatch, day)
        assert people.retain(database, folder=None) == 0
    later(monkeypatch, 366)
    assert people.retain(database, folder=None) == 1 and status(database)["clock"] == {}


def test_who_says_that_the_clock_is_right_has_the_rows_deleted_and_it_stands_in_the_log(place, monkeypatch):
    database, run = place
    people.retain(database, folder=None)
    later(monkeypatch, 800)
    code, out = tide("study", "status", "--run", str(run.path), "--clock-is-right")
    assert code == 0 and "0 of 60" in out and "--clock-is-right" not in out
    assert everything(database, participants) == []
    assert any("said to be right" in line.what for line in everything(database, audit))


def test_a_long_pause_in_which_nobodys_time_ended_is_no_reason_to_doubt(place, monkeypatch):
    database, _ = place
    people.retain(database, folder=None)
    later(monkeypatch, 200)
    assert people.retain(database, folder=None) == 0 and status(database)["clock"] == {}
    later(monkeypatch, 230)
    assert people.retain(database, folder=None) == 0
