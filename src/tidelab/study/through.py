"""Simulated participants through the real pages: a server on this machine, and visitors who send its forms."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI

from tidelab.study import store
from tidelab.study.app import study_app
from tidelab.study.assign import Showing
from tidelab.study.design import Design
from tidelab.study.minds import Mind, World, mind
from tidelab.study.store import Version
from tidelab.study.walk import Chooses, Page, Visitor, passes, walk
from tidelab.web.database import Database


def through_pages(database: Database, world: World, count: int, *, folder: Path | None) -> int:
    """`count` simulated sessions, one after the other; returns how many went to the end."""
    with database.read() as connection:
        version = store.version(connection)
    app = study_app(database, folder=folder, kind="simulated")
    app.state.joins.most = count + 1
    finished = 0
    with served(app) as url:
        for number in range(count):
            pages = walk(Visitor(url), answers(version, mind(version.design, world, number)))
            finished += pages[-1].path == "/end"
    return finished


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a free port of this machine, in a thread."""
    import uvicorn

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, access_log=False, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def answers(version: Version, who: Mind) -> Chooses:
    """What a mind does with a page."""
    known = {(s.person.strip(), s.reply.strip()): s for s in reversed(version.stimuli.values())}
    well, rated = passes(), [0]
    design: Design = version.design
    last = int(who.stops * design.per_participant.items * design.per_participant.systems)

    def choose(page: Page) -> dict[str, list[str]]:
        given = well(page)
        if page.step == "about":
            return given | {name: [value] for name, value in who.about.items()}
        if page.step.startswith("rate"):
            if rated[0] == last:
                return {"stop": [""]}
            rated[0] += 1
            text = known[page.said[0].strip(), page.said[1].strip()]
            values = who.ratings([Showing(text.conversation_id, text.system_id, 1, 1)], len(design.scales))[0]
            given |= {scale.name: [str(value)] for scale, value in zip(design.scales, values, strict=True)}
            if "attention" in given:
                given["attention"] = [who.attention(given["attention"][0])]
        return given

    return choose
