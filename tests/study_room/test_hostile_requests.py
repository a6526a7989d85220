"""Requests that nobody's browser would send: schemathesis, and 10,000 of our own. No answer may be a 5xx."""

import os
import random

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from starlette.testclient import TestClient

from tests.server import Server
from tests.study_room.studies import HOSTILE, Visitor, everything, make_run, small, study, until, written
from tidelab.study import people, store, walk
from tidelab.study.app import study_app
from tidelab.study.session import COOKIE
from tidelab.study.tables import answers, participants
from tidelab.web.limits import Rate

REQUESTS = int(os.environ.get("TEST_REQUESTS", "1500"))
SCALES = {s.name for s in small().scales}
pytestmark = pytest.mark.slow


def test_schemathesis_finds_no_server_error_neither_within_nor_as_a_stranger(tmp_path):
    run = written(make_run(tmp_path / "run"), small()).path
    server = Server("study", run).start()
    database = store.open_database(f"sqlite:///{run / 'study' / 'study.db'}")
    app = study_app(database, folder=None)
    (token,) = people.invite(database, "lay", 1)
    walk.walk(walk.Visitor(server.url), until("rate-1-1"), start=f"/p/{token}")
    csrf = everything(database, participants)[0].csrf
    described = schemathesis.openapi.from_dict(app.openapi() | {"openapi": "3.1.0"})
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 16
    statuses = set()
    for operation in operations:
        if operation.path == "/withdraw" and operation.method.upper() == "POST":
            continue  # it would end the session that the others need

        @given(case=operation.as_strategy(), within=st.booleans())
        @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def call(case, within):
            if isinstance(case.body, dict):
                case.body = {**case.body, "csrf": csrf}
            answer = case.call(base_url=server.url, cookies={COOKIE: token} if within else {})
            case.validate_response(answer, checks=[not_a_server_error])
            statuses.add(answer.status_code)

        call()
    server.kill()
    database.close()
    assert {200, 401} <= statuses and max(statuses) < 500


def test_thousands_of_odd_requests_give_no_server_error_and_no_odd_answer(tmp_path):
    database, _ = study(tmp_path / "run", small(open_text=True))
    app = study_app(database, folder=None)
    app.state.rate = Rate(10**9, 60)
    guest = Visitor(app)
    page = walk.walk(guest, until("rate-1-2"))[-1]
    draw, cookie, csrf = random.Random(11), guest.client.cookies[COOKIE], page.hidden["csrf"][0]
    client = TestClient(app, cookies={COOKIE: cookie}, raise_server_exceptions=False, follow_redirects=False)
    values = ["", "0", "6", "-1", "1e3", "yes", HOSTILE, "\x00", "\ud7ff\U0001f600", "x" * 9_999, "NaN", "‮", "4", "null", "[]", "{}"]
    names = [
        "emotion_recognition",
        "perceived_empathy",
        "attention",
        "words",
        "agree",
        "left_out",
        "many",
        "gender_own",
        "unknown[]",
        "country",
        "prolific",
    ]
    paths = [
        "/",
        "/help",
        "/help?country=%00",
        "/end",
        "/care",
        "/join",
        "/country",
        "/withdraw",
        "/staff",
        "/staff/condition",
        "/staff/adverse/1",
        "/p/x",
        "/enter/x",
    ]
    paths += [
        f"/s/{k}{tail}"
        for k in ("consent", "about", "rate-1-1", "rate-1-2", "rate-9-9", "%00", "..", "debrief", "x" * 300)
        for tail in ("", "/save")
    ]
    seen = set()
    for _ in range(REQUESTS):
        fields = {draw.choice(names): [draw.choice(values) for _ in range(draw.randint(1, 3))] for _ in range(draw.randint(0, 8))}
        method, path = draw.choice(["GET", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]), draw.choice(paths)
        if not (path == "/withdraw" and method == "POST"):
            fields["csrf"] = csrf if draw.random() < 0.8 else draw.choice(values)
        more = {"data": fields} if method in ("POST", "PUT") else {"params": fields}
        seen.add(client.request(method, path, **more).status_code)
    assert seen >= {200, 204, 303, 400, 401, 403, 404, 405, 409, 422} and max(seen) < 500
    for a in everything(database, answers):
        assert a.question not in ("emotion_recognition", "perceived_empathy", "attention") or a.value in ("1", "2", "3", "4", "5")
        assert a.question in {*SCALES, "attention", "words"} or not a.step.startswith("rate")
    assert len(everything(database, participants)) == 1
    database.close()
