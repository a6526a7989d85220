"""SQLite and PostgreSQL: the same study, the same numbers; many at once; a killed server."""

import threading
from collections import Counter

import pytest

from tests.study_room.studies import Visitor, design, everything, small, study, until, visitor
from tests.web.test_database import postgres, url
from tidelab.study import backup, people, store, walk
from tidelab.study.app import study_app
from tidelab.study.collect import collect
from tidelab.study.minds import Effects, World
from tidelab.study.simulate import fill
from tidelab.study.status import status
from tidelab.study.tables import adverse, answers, participants, visits

__all__ = ["postgres", "url"]
pytestmark = pytest.mark.slow


def test_a_whole_study_goes_through_with_withdrawal_and_restore(url, tmp_path):
    database, _ = study(tmp_path / "run", small(), url=url)
    app = study_app(database, folder=tmp_path)
    for _ in range(3):
        assert walk.walk(Visitor(app), walk.passes())[-1].path == "/end"
    guest = Visitor(app)
    page = walk.walk(guest, until("debrief"))[-1]
    guest.post("/s/debrief", page.hidden | {"comment": ["I want to die; ünï ≠ 'quoted' \U0001f600"]})
    assert collect(database)["ratings"].height == 4 * 16 and status(database)["completed"] == 4
    backup.backup(database, tmp_path / "b.gz")
    gone = everything(database, participants)[3].name
    assert people.withdraw(database, gone, folder=tmp_path)
    assert [e.participant_id for e in everything(database, adverse)] == [None]
    other = store.open_database(f"sqlite:///{tmp_path / 'other.db'}")
    backup.restore(other, tmp_path / "b.gz", folder=tmp_path)
    assert [a.value for a in everything(other, answers)] == [a.value for a in everything(database, answers)]
    assert [(v.shown, v.done) for v in everything(other, visits)] == [(v.shown, v.done) for v in everything(database, visits)]
    other.close()
    database.close()


def test_a_backup_of_one_database_is_restored_into_another(url, tmp_path):
    origin, _ = study(tmp_path / "run", small())
    fill(origin, World(Effects(), 1), 5)
    backup.backup(origin, tmp_path / "b.gz")
    database = store.open_database(url)
    backup.restore(database, tmp_path / "b.gz", folder=None)
    assert everything(database, participants) == everything(origin, participants)
    assert walk.walk(visitor(database), walk.passes())[-1].path == "/end", "life goes on after a restore"
    for opened in (origin, database):
        opened.close()


def test_people_who_begin_at_one_moment_get_places_that_differ_by_one_at_most(url, tmp_path):
    database, _ = study(tmp_path / "run", small(10, target=100), url=url)
    app = study_app(database, folder=None)
    guests = [Visitor(app) for _ in range(12)]
    pages = [walk.walk(g, until("practice"))[-1] for g in guests]
    ready = threading.Barrier(len(guests))

    def go(guest, page):
        ready.wait()
        guest.post(page.action, page.hidden | walk.passes()(page))

    threads = [threading.Thread(target=go, args=pair) for pair in zip(guests, pages, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = everything(database, participants)
    arms = Counter({(i, s): 0 for i in small().items for s in small().systems})
    for row in rows:
        arms.update((p["conversation_id"], p["system_id"]) for p in row.pages)
    assert len(rows) == 12 and max(arms.values()) - min(arms.values()) <= 1
    database.close()


def test_one_form_sent_twenty_times_at_one_moment_is_one_answer(url, tmp_path):
    database, _ = study(tmp_path / "run", small(), url=url)
    guest = visitor(database)
    page = walk.walk(guest, until("rate-1-1"))[-1]
    tabs = [Visitor(guest.app, cookies=dict(guest.client.cookies)) for _ in range(20)]
    threads = [threading.Thread(target=t.post, args=(page.action, page.hidden | walk.passes()(page))) for t in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    questions = Counter(a.question for a in everything(database, answers) if a.step == "rate-1-1")
    assert set(questions.values()) == {1} and len(questions) == 4
    database.close()


def test_simulated_sessions_in_the_tables_look_like_those_that_came_through_the_pages(url, tmp_path):
    from tidelab.study.through import through_pages

    world = World(Effects(dropout=0.0, careless=0.0), 4)
    database, _ = study(tmp_path / "run", design(per_participant={"items": 2, "systems": 4}), url=url)
    assert fill(database, world, 2) == 2 and through_pages(database, world, 2, folder=None) == 2
    full = collect(database)
    first, second, third, fourth = full["participants"]["participant_id"].to_list()
    counts = [full["ratings"].filter(participant_id=name).height for name in (first, second, third, fourth)]
    assert set(counts) == {2 * 4 * 4} and set(full["participants"]["source"]) == {"simulated"}
    kept = [a for a in everything(database, answers) if a.question not in ("left_out", "comment")]
    questions = [sorted((a.step, a.question) for a in kept if a.participant_id == i) for i in (1, 3)]
    assert [s for s in questions[0] if s[0] != "practice"] == [s for s in questions[1] if s[0] != "practice"]
    database.close()
