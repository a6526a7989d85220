"""A run with a corpus and replies, made without the minutes that a study takes; and reviewers at work through the real pages."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from tidelab.cli.watch import Silent
from tidelab.records import Conversation, Persona, Reply, Scenario, frame
from tidelab.review.app import open_database, review_app
from tidelab.review.items import fill
from tidelab.review.scales import SCALES
from tidelab.run import Cell, RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.web import people

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=alert(1)>\"'&{{7*7}}"
SYSTEM = "nano-3m@fine-tuned"


def make(path, items=4, *, hostile=False, person="I keep hearing the brakes at night, item {i}."):
    """A run directory with `items` checked conversations and one student's replies to them."""
    word = HOSTILE if hostile else ""
    persona = Persona(
        persona_id="p1", age=44, gender="woman", trauma_type=f"road traffic collision{word}", behaviors=["checks locks", f"jokes{word}"]
    )
    scenario = Scenario(scenario_id="s1", theme="intrusion", emotion="fear", trigger=f"brakes{word}", description=f"A bus brakes.{word}")
    talk = [
        Conversation(
            conversation_id=f"c{i:03}",
            persona_id="p1",
            scenario_id="s1",
            theme="intrusion",
            person=person.format(i=i) + word,
            chatbot=f"That sounds frightening, and it makes sense after such a crash, item {i}.{word}",
            split="test",
            source="sample",
        )
        for i in range(items)
    ]

    def corpus(work):
        work.write("personas", frame(Persona, [persona]))
        work.write("scenarios", frame(Scenario, [scenario]))
        work.write("conversations", frame(Conversation, talk))

    def replies(work):
        said = [
            Reply(conversation_id=c.conversation_id, system_id=SYSTEM, text=f"I hear you {n}", stop_reason="stop")
            for n, c in enumerate(talk)
        ]
        work.write("replies", frame(Reply, said))

    run = RunDirectory(path, create=True)
    made = [Cell(f"corpus/{name}", {"items": items, "person": person}, corpus) for name in ("read", "check", "split")]
    run_cells(run, [*made, Cell(f"replies/{SYSTEM}", {"items": items}, replies)], Silent(), Local())
    return run


def review(path, items=4, url=None, **more):
    """(database, run) of a filled review."""
    run = make(path, items, **more)
    database = open_database(url or f"sqlite:///{path / 'review.db'}")
    fill(database, run, [])
    return database, run


class Person:
    """Someone who reviews, in a browser without JavaScript."""

    def __init__(self, database, name, role="reviewer", app=None):
        self.token, _ = people.invite(database, name, role, 1)
        self.browser = TestClient(app or review_app(database), follow_redirects=True)
        self.page = self.browser.get(f"/enter/{self.token}")

    @property
    def csrf(self):
        return re.search(r'name="csrf" value="([^"]+)"', self.page.text)[1]

    def next(self):
        """The id of the next item, or None."""
        if "csrf" not in self.page.text:
            self.page = self.browser.get("/")
        self.page = self.browser.post("/next", data={"csrf": self.csrf})
        return self.item

    @property
    def item(self):
        found = re.search(r"/items/(\d+)$", self.page.url.path)
        return int(found[1]) if found else None

    def send(self, item, then="stop", path="", **fields):
        self.page = self.browser.post(f"/items/{item}{path}", data=answer(**fields) | {"csrf": self.csrf, "then": then})
        return self.page


def answer(rating=4, decision="approve", **more):
    return {s.name: str(rating) for s in SCALES} | {"decision": decision} | more


def everything(database, table):
    with database.read() as connection:
        return connection.execute(table.select().order_by(table.c.id)).all()
