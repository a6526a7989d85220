"""kill -9 of the server while two people save: every answer that was acknowledged is there, once."""

import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from tests.review.runs import answer, everything, make
from tests.server import Server
from tidelab.review.app import open_database
from tidelab.review.tables import answers
from tidelab.web import people

KILLS = 6


class Writer(threading.Thread):
    """Saves one draft after the other until told to stop; repeats what was not acknowledged, as the page does."""

    def __init__(self, server, cookie, csrf, item, name):
        super().__init__(daemon=True)
        self.server, self.cookie, self.csrf, self.item, self.label = server, cookie, csrf, item, name
        self.acknowledged, self.repeated, self.ended = [], 0, threading.Event()

    def run(self):
        number = 0
        while not self.ended.is_set():
            word = f"{self.label} {number}"
            if self.save(word):
                self.acknowledged.append(word)
                number += 1
            else:
                self.repeated += 1
                time.sleep(0.02)

    def save(self, word):
        body = urllib.parse.urlencode(answer() | {"csrf": self.csrf, "comment": word}).encode()
        request = urllib.request.Request(f"{self.server.url}/items/{self.item}/draft", body, {"Cookie": self.cookie})
        try:
            with urllib.request.urlopen(request, timeout=20) as told:
                return told.status == 204
        except (OSError, urllib.error.URLError):
            return False


def test_kill_9_while_saving_loses_no_acknowledged_answer_and_doubles_none(tmp_path):
    run = tmp_path / "run"
    make(run, 2)
    server, chance = Server("review", run), random.Random(4)
    server.start()
    database = open_database(f"sqlite:///{run / 'review' / 'review.db'}")
    writers = []
    for name in ("Anna", "Boris"):
        session = people.enter(database, people.invite(database, name, "reviewer", 1)[0])
        visitor = people.visitor(database, session)
        from tidelab.review.queue import take

        writers.append(Writer(server, f"tidelab_session={session}", visitor.csrf, take(database, visitor), name))
    for writer in writers:
        writer.start()
    for _ in range(KILLS):
        before = [len(w.acknowledged) for w in writers]
        while any(len(w.acknowledged) < n + 5 for w, n in zip(writers, before, strict=True)):
            time.sleep(0.01)
        time.sleep(chance.random() / 5)
        server.kill()
        server.start()
    for writer in writers:
        writer.ended.set()
        writer.join(30)
    server.kill()
    kept = [row.comment for row in everything(database, answers)]
    acknowledged = [word for w in writers for word in w.acknowledged]
    assert len(acknowledged) >= 2 * 5 * KILLS and all(w.repeated for w in writers)
    assert len(kept) == len(set(kept)), "an answer is there twice"
    assert set(acknowledged) <= set(kept), "an acknowledged answer is lost"
    assert len(set(kept) - set(acknowledged)) <= 2  # at most the one in flight at the end of each writer
    for writer in writers:
        own = [word for word in kept if word.startswith(writer.label)]
        assert own == sorted(own, key=lambda word: int(word.split()[1]))
    database.close()
