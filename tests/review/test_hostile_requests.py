"""Requests that nobody's browser would send: schemathesis, and a few thousand of our own. No answer may be a 5xx."""

import random

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from starlette.testclient import TestClient

from tests.review.runs import HOSTILE, Person, everything, review
from tests.server import Server
from tidelab.review.app import review_app
from tidelab.review.tables import answers, assignments
from tidelab.web.session import COOKIE


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "run"
    database, _ = review(path, 4, url=f"sqlite:///{path / 'review' / 'review.db'}")
    server = Server("review", path).start()
    app = review_app(database)
    person = Person(database, "A", app=app)
    item = person.next()
    yield database, app, person.browser.cookies[COOKIE], person.csrf, server, item
    server.kill()
    database.close()


def test_schemathesis_finds_no_server_error_neither_signed_in_nor_as_a_stranger(place):
    _, app, session, csrf, server, item = place
    described = schemathesis.openapi.from_dict(app.openapi() | {"openapi": "3.1.0"})
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) == 9
    statuses = set()
    for operation in operations:

        @given(case=operation.as_strategy(), within=st.booleans(), known=st.booleans())
        @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def call(case, within, known):
            if isinstance(case.body, dict):
                case.body = {**case.body, "csrf": csrf}
            if known and "item_id" in (case.path_parameters or {}):
                case.path_parameters["item_id"] = item
            answer = case.call(base_url=server.url, cookies={COOKIE: session} if within else {})
            case.validate_response(answer, checks=[not_a_server_error])
            statuses.add(answer.status_code)

        call()
    assert {200, 401} <= statuses and max(statuses) < 500


def test_a_thousand_odd_requests_give_no_server_error_and_no_odd_answer(place):
    database, app, session, csrf, _, item = place
    draw = random.Random(11)
    client = TestClient(app, cookies={COOKIE: session}, raise_server_exceptions=False, follow_redirects=False)
    values = [
        "",
        "0",
        "6",
        "-1",
        "1e3",
        "approve",
        "reject",
        HOSTILE,
        "'; DROP TABLE review_answers; --",
        "\x00",
        "\ud7ff\U0001f600",
        "x" * 9_999,
        "NaN",
        "‮",
    ]
    names = ["realism", "trauma_sensitivity", "decision", "reasons", "comment", "person", "chatbot", "then", "csrf", "unknown[]"]
    ids = [f"{item}", f"{item}/draft", f"{item % 4 + 1}", "0", "-1", "99999999999999999999", "1.0", "a", "%00"]
    seen = set()
    for _ in range(1000):
        fields = {draw.choice(names): [draw.choice(values) for _ in range(draw.randint(1, 3))] for _ in range(draw.randint(0, 8))}
        fields["csrf"] = csrf if draw.random() < 0.8 else draw.choice(values)
        method = draw.choice(["GET", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
        more = {"data": fields} if method in ("POST", "PUT") else {"params": fields}
        seen.add(client.request(method, f"/items/{draw.choice(ids)}", **more).status_code)
    assert seen >= {200, 204, 400, 403, 404, 405} and max(seen) < 500
    for row in everything(database, answers):
        assert not row.final or (row.decision in ("approve", "reject") and len(row.ratings) == 6)
        assert set(row.ratings.values()) <= {1, 2, 3, 4, 5}
    assert [a.item_id for a in everything(database, assignments)] == [item]
