"""kill -9 of the server while people rate: every acknowledged answer is in the database, once; nobody begins twice."""

import os
import random
import threading
import time
import urllib.error
from collections import Counter

import pytest

from tests.server import Server
from tests.study_room.studies import design, everything, make_run, written
from tidelab.study import people, store, walk
from tidelab.study.tables import answers, participants

KILLS = int(os.environ.get("TEST_KILLS", "8"))
pytestmark = pytest.mark.slow


class Rater(threading.Thread):
    """Goes its way through the study, answer by answer; what isn't acknowledged is sent again, as a browser would."""

    def __init__(self, url, token, number):
        super().__init__(daemon=True)
        self.visitor, self.token, self.draw = walk.Visitor(url, timeout=20), token, random.Random(number)
        self.acknowledged, self.repeated, self.ended = {}, 0, threading.Event()

    def insist(self, ask):
        while not self.ended.is_set():
            try:
                page = ask()
                if page.status in (200, 204):
                    return page
            except (OSError, urllib.error.URLError):
                pass
            self.repeated += 1
            time.sleep(0.02)
        return None

    def run(self):
        good = walk.passes()
        page = self.insist(lambda: self.visitor.get(f"/p/{self.token}"))
        while page is not None and page.action and not self.ended.is_set():
            fields, action, step = page.hidden | good(page), page.action, page.step
            if step.startswith("rate"):
                for name in page.choices:
                    one = page.hidden | {name: [str(self.draw.randint(1, 5)) if name != "attention" else fields[name][0]]}
                    if self.insist(lambda one=one, action=action: self.visitor.post(f"{action}/save", one)) is None:
                        return
                    fields[name] = one[name]
                    self.acknowledged[step, name] = one[name][0]
            page = self.insist(lambda fields=fields, action=action: self.visitor.post(action, fields))


def test_kill_9_while_people_rate_loses_no_acknowledged_answer_and_doubles_none(tmp_path):
    made = design(per_participant={"items": 5, "systems": 4})
    run = written(make_run(tmp_path / "run"), made).path
    server, chance = Server("study", run).start(), random.Random(4)
    database = store.open_database(f"sqlite:///{run / 'study' / 'study.db'}")
    raters = [Rater(server.url, token, i) for i, token in enumerate(people.invite(database, "lay", 4))]
    for rater in raters:
        rater.start()
    for _ in range(KILLS):
        before = sum(len(r.acknowledged) for r in raters)
        while sum(len(r.acknowledged) for r in raters) < before + 5 and any(r.is_alive() for r in raters):
            time.sleep(0.01)
        time.sleep(chance.random() / 5)
        server.kill()
        server.start()
    end = time.monotonic() + 20
    while time.monotonic() < end and any(r.is_alive() for r in raters):
        time.sleep(0.1)
    for rater in raters:
        rater.ended.set()
        rater.join(30)
    server.kill()
    rows = everything(database, participants)
    kept = {}
    for a in everything(database, answers):
        kept.setdefault((a.participant_id, a.step, a.question), []).append(a.value)
    assert len(rows) == len(raters) and any(r.repeated for r in raters)
    assert sum(len(r.acknowledged) for r in raters) >= 5 * KILLS or not any(r.is_alive() for r in raters)
    for row, rater in zip(rows, raters, strict=True):
        for (step, name), value in rater.acknowledged.items():
            assert kept.get((row.id, step, name)) == [value], (step, name)
    assert max(Counter((p["conversation_id"], p["system_id"]) for r in rows for p in r.pages or []).values()) <= 2
    database.close()
