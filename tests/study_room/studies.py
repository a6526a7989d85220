"""A run with replies and a study of it, made without the minutes that a study takes; and participants who walk its real pages."""

from __future__ import annotations

from starlette.testclient import TestClient

from tidelab.records import Conversation, Persona, Reply, Scenario, frame
from tidelab.run import Cell, RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.study import items, store, walk
from tidelab.study.app import study_app
from tidelab.study.design import Design, defaults

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=alert(1)>\"'&{{7*7}}'; DROP TABLE study_answers; --"
STUDENTS = ("nano-1m@zero-shot", "nano-1m@fine-tuned", "floor:constant")
SYSTEMS = ("reference", *STUDENTS)
THEMES = ("intrusion", "guilt", "sleep")
CONSENT = (
    "This is the consent text of a test study. It is long enough to be taken for one, and nobody but a test ever reads it or agrees to it."
)


class Silent:
    def begin(self, *_): ...
    def end(self, *_): ...
    def advance(self, *_): ...


def make_run(path, count=10, hostile=False):
    """A run directory with `count` test conversations of three themes and the replies of four systems."""
    word = HOSTILE if hostile else ""
    talk = [
        Conversation(
            conversation_id=f"c{i:03}",
            persona_id=f"p{i}",
            scenario_id="s1",
            theme=THEMES[i % 3],
            person=f"I keep hearing the brakes at night, item {i}.{word}",
            chatbot=f"That sounds frightening, item {i}.{word}",
            split="test",
            source="sample",
        )
        for i in range(count)
    ]

    def corpus(work):
        work.write("conversations", frame(Conversation, talk))
        work.write("personas", frame(Persona, [Persona(persona_id=f"p{i}") for i in range(count)]))
        work.write("scenarios", frame(Scenario, [Scenario(scenario_id="s1", theme="intrusion")]))

    def replies(system):
        def work(work):
            said = [
                Reply(conversation_id=c.conversation_id, system_id=system, text=f"I hear you {system} {n}{word}", stop_reason="stop")
                for n, c in enumerate(talk)
            ]
            work.write("replies", frame(Reply, said))

        return work

    run = RunDirectory(path, create=True)
    cells = [Cell("corpus/split", {"n": count, "hostile": hostile}, corpus)]
    cells += [Cell(f"replies/{s}", {"n": count, "hostile": hostile}, replies(s)) for s in STUDENTS]
    run_cells(run, cells, Silent(), Local())
    return run


def design(count=10, **more):
    """A study that is ready to be served."""
    texts = defaults() | {
        "contact": "Dr Example, study@example.org",
        "organisation": "Example University",
        "consent": {"version": "1", "text": CONSENT},
        "resources": [
            {"country": "GB", "name": "A British service", "contact": "0000 111"},
            {"country": "US", "name": "An American service", "contact": "0000 222"},
        ],
        "items": [f"c{i:03}" for i in range(count)],
        "systems": list(SYSTEMS),
    }
    return Design.model_validate(texts | more)


def small(count=10, **more):
    """Two conversations, two replies each: a short way for tests that walk it often."""
    return design(count, per_participant={"items": 2, "systems": 2}, **({"attention": 1} | more))


def study(path, made=None, url=None, hostile=False):
    """(database, run) of a study that is installed."""
    run = make_run(path, hostile=hostile)
    made = made or small()
    database = store.open_database(url or f"sqlite:///{path / 'study' / 'study.db'}")
    store.install(database, made, items.stimuli(run, made.items, made.systems))
    return database, run


class Visitor(walk.Visitor):
    """The same visitor on an application in this process."""

    def __init__(self, app, cookies=None):
        self.app = app
        self.client = TestClient(app, follow_redirects=True, cookies=cookies)

    def get(self, path):
        return self._page(self.client.get(path))

    def post(self, path, fields):
        return self._page(self.client.post(path, data=fields))

    def _page(self, answer):
        return walk.read(answer.status_code, answer.url.path, answer.text)


def visitor(database, folder=None, **more):
    return Visitor(study_app(database, folder=folder, **more))


def until(step, rating="4"):
    """Somebody who answers well until a step, and stops there."""
    good = walk.passes(rating)
    return lambda page: {"stop": [""]} if page.step == step else good(page)


def everything(database, table):
    with database.read() as connection:
        return connection.execute(table.select().order_by(table.c.id)).all()


def written(run, made):
    """A study.yaml in a run, ready to be served."""
    (run.path / "study").mkdir(exist_ok=True)
    (run.path / "study" / "study.yaml").write_text(made.text())
    return run
