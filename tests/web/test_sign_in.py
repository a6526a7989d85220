"""Links, sessions, forms and headers: what a stranger can't do."""

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.review.runs import Person, review
from tidelab.errors import TidelabError
from tidelab.review.app import review_app
from tidelab.web import people
from tidelab.web.database import now
from tidelab.web.limits import BODY, Guesses
from tidelab.web.serve import Address
from tidelab.web.session import COOKIE
from tidelab.web.tables import links, sessions


@pytest.fixture
def database(tmp_path):
    opened, _ = review(tmp_path / "run", 2)
    yield opened
    opened.close()


@pytest.fixture
def browser(database):
    return TestClient(review_app(database))


def test_a_link_leads_to_the_start_page_and_its_token_leaves_the_address(database):
    person = Person(database, "A")
    assert person.page.url.path == "/" and person.token not in str(person.page.url) and "My reviews" in person.page.text


def test_only_hashes_of_tokens_are_stored(database, tmp_path):
    person = Person(database, "A")
    session = person.browser.cookies[COOKIE]
    database.close()
    kept = b"".join(p.read_bytes() for p in (tmp_path / "run").glob("review.db*"))
    assert person.token.encode() not in kept and session.encode() not in kept
    assert people.hashed(person.token).encode() in kept


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(database, browser):
    token, _ = people.invite(database, "A", "reviewer", 1)
    cookie = browser.get(f"/enter/{token}", follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    secure = TestClient(review_app(database, secure=True), base_url="https://testserver")
    answer = secure.get(f"/enter/{token}", follow_redirects=False)
    assert "secure" in answer.headers["set-cookie"].lower() and "strict-transport-security" in answer.headers


@pytest.mark.parametrize("kind", ["expired", "revoked", "guessed", "empty", "odd"])
def test_a_link_that_is_no_good_opens_nothing_and_does_not_say_why(database, browser, kind):
    token, _ = people.invite(database, "A", "reviewer", 1)
    if kind == "expired":
        with database.write() as connection:
            connection.execute(sa.update(links).values(expires=now() - timedelta(seconds=1)))
    elif kind == "revoked":
        people.revoke(database, "A")
    else:
        token = {"guessed": token[:-1] + ("A" if token[-1] != "A" else "B"), "empty": "%20", "odd": "%ff%00<script>"}[kind]
    page = browser.get(f"/enter/{token}")
    assert page.status_code == 403 and "incomplete, expired or withdrawn" in page.text and COOKIE not in browser.cookies
    assert browser.get("/items/1").status_code == 401


@pytest.mark.parametrize("end", ["revoke", "expire", "sign out"])
def test_a_session_ends_at_once_when_its_link_does(database, end):
    person = Person(database, "A")
    item = person.next()
    if end == "revoke":
        assert people.revoke(database, "A") == 1
    elif end == "expire":
        with database.write() as connection:
            connection.execute(sa.update(sessions).values(expires=now() - timedelta(seconds=1)))
    else:
        stolen = person.browser.cookies[COOKIE]
        assert "signed out" in person.browser.post("/sign-out", data={"csrf": person.csrf}).text
        person.browser.cookies.set(COOKIE, stolen)
    assert person.browser.get(f"/items/{item}").status_code == 401
    assert person.send(item).status_code == 401


def test_a_new_link_of_a_person_does_not_end_the_old_one(database):
    first = Person(database, "A")
    second = Person(database, "A")
    assert first.browser.get("/guide").status_code == second.browser.get("/guide").status_code == 200


def test_nobody_guesses_without_end_and_others_are_not_kept_out(database, browser):
    for _ in range(Guesses.MOST):
        assert browser.get("/enter/guess").status_code == 403
    token, _ = people.invite(database, "A", "reviewer", 1)
    assert browser.get(f"/enter/{token}").status_code == 429
    elsewhere = TestClient(browser.app, client=("192.0.2.7", 1))
    assert elsewhere.get(f"/enter/{token}").status_code == 200


def test_guesses_are_forgotten_after_a_minute_and_no_address_is_kept(monkeypatch):
    guesses = Guesses()
    for _ in range(Guesses.MOST):
        guesses.failed("192.0.2.7")
    assert guesses.blocked("192.0.2.7") and not guesses.blocked("192.0.2.8")
    assert "192.0.2.7" not in repr(guesses.__dict__)
    monkeypatch.setattr(Guesses, "SECONDS", 0.0)
    assert not guesses.blocked("192.0.2.7")


def posts(app):
    return sorted({(r.path, m) for r in routes(app) for m in getattr(r, "methods", None) or () if m not in ("GET", "HEAD")})


def routes(app):
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        yield from routes(inner) if inner is not None else [route]


def test_every_form_needs_the_sessions_own_word(database):
    person, other = Person(database, "A"), Person(database, "B")
    item = person.next()
    found = posts(person.browser.app)
    assert len(found) >= 4
    for path, method in found:
        for word in ("", "wrong", other.csrf):
            refused = person.browser.request(method, path.replace("{item_id}", str(item)), data={"csrf": word})
            assert refused.status_code == 403 and "not sent from your present session" in refused.text, path


def test_pages_need_a_session_and_a_role(database, browser):
    for path in ("/items/1", "/guide", "/progress"):
        assert browser.get(path).status_code == 401
    person, boss = Person(database, "A"), Person(database, "Boss", "administrator")
    assert person.browser.get("/progress").status_code == 403
    assert boss.page.url.path == "/progress"
    assert boss.browser.get("/items/1").status_code == 403


def test_every_response_carries_the_headers(database, browser):
    person = Person(database, "A")
    for page in (
        person.page,
        browser.get("/absent"),
        browser.get("/static/style.css"),
        browser.post("/next"),
        browser.get("/items/99999999999999999999"),
        browser.put("/"),
    ):
        assert "script-src 'self'" in page.headers["content-security-policy"] and "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff" and page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer" and "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert "server" not in page.headers


def test_what_is_too_large_is_refused_and_nothing_of_it_is_saved(database):
    from tests.review.runs import everything
    from tidelab.review.tables import answers

    person = Person(database, "A")
    item = person.next()
    assert person.send(item, comment="x" * (BODY + 1)).status_code == 413
    person.page = person.browser.get(f"/items/{item}")
    assert person.send(item, comment="x" * 10_001).status_code == 413
    person.page = person.browser.get(f"/items/{item}")
    chunks = (b"comment=" if i == 0 else b"x" * 65_536 for i in range(9))  # no length announced
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert person.browser.post(f"/items/{item}", content=chunks, headers=headers).status_code == 413
    assert everything(database, answers) == []
    assert person.send(item, comment="x" * 10_000).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"comment": "a\x00b"}},
        {"files": {"comment": ("a.txt", b"text")}},
        {"content": b"\xff\xfe%00", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"json": {"comment": "text"}},
    ],
)
def test_odd_bodies_are_refused_with_a_page(database, sent):
    person = Person(database, "A")
    item = person.next()
    if "data" in sent:
        sent = {"data": sent["data"] | {"csrf": person.csrf}}
    refused = person.browser.post(f"/items/{item}", **sent)
    assert refused.status_code in (400, 403) and "<h1>" in refused.text


def test_logs_hold_no_token_no_answer_and_no_address(database, caplog):
    with caplog.at_level(logging.DEBUG):
        person = Person(database, "Anna")
        item = person.next()
        person.send(item, comment="words of an answer")
        person.browser.get("/enter/guessed-token")
    told = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("tidelab"))
    assert "POST /items/{item_id} 303" in told and "GET /enter/{token} 403" in told
    for secret in (person.token, "words of an answer", "Anna", "testclient", person.csrf, "guessed-token"):
        assert secret not in told


def test_a_database_that_is_gone_gives_a_page_that_says_so(database):
    person = Person(database, "A")
    item = person.next()
    with database.write() as connection:
        connection.execute(sa.text("ALTER TABLE review_answers RENAME TO gone"))
    page = TestClient(person.browser.app, cookies=person.browser.cookies, raise_server_exceptions=False)
    refused = page.post(f"/items/{item}", data={"csrf": person.csrf, "comment": "kept by the browser"})
    assert refused.status_code == 503 and "Nothing was saved just now" in refused.text
    with database.write() as connection:
        connection.execute(sa.text("ALTER TABLE gone RENAME TO review_answers"))
    assert person.send(item).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_no_server_in_the_open_without_tls(host):
    with pytest.raises(TidelabError, match="read along"):
        Address(host, 8000)
    assert Address(host, 8000, proxy="10.0.0.5, 10.1.0.0/16").secure


def test_loopback_needs_no_tls_and_half_a_certificate_is_none(tmp_path):
    assert [Address(h, 80).secure for h in ("127.0.0.1", "localhost", "::1", "127.8.8.8")] == [False] * 4
    file = tmp_path / "cert.pem"
    with pytest.raises(TidelabError, match="and its key"):
        Address("0.0.0.0", 443, certificate=file)
    with pytest.raises(TidelabError, match="no such file"):
        Address("0.0.0.0", 443, certificate=file, key=file)
    file.write_text("x")
    assert Address("0.0.0.0", 443, certificate=file, key=file).url == "https://0.0.0.0:443"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb\x07"])
def test_a_person_needs_a_name_that_can_be_shown(database, name):
    with pytest.raises(TidelabError, match="printable"):
        people.invite(database, name, "reviewer", 1)
