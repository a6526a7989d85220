"""Who can do what: strangers, other participants, staff, recruiting services; and what the log says of it."""

import logging
import re

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.study_room.studies import Visitor, everything, small, study, until, visitor
from tidelab.study import people, store, walk
from tidelab.study.app import study_app
from tidelab.study.begin import in_languages
from tidelab.study.tables import adverse, answers, participants, recruits
from tidelab.web import people as staff
from tidelab.web.database import now
from tidelab.web.limits import Rate


@pytest.fixture
def database(tmp_path):
    opened, _ = study(tmp_path / "run", small(returns={"prolific": "https://example.org/done?cc={code}"}, target=3))
    yield opened
    opened.close()


def signed_in(app, database, role, name="Someone"):
    guest = Visitor(app)
    guest.get(f"/enter/{staff.invite(database, name, role, 1)[0]}")
    return guest


def word(guest):
    return {"csrf": [re.search(r'name="csrf" value="([^"]+)"', guest.get("/staff").text)[1]]}


def test_nobody_reads_or_writes_anothers_answers(database):
    app = study_app(database, folder=None)
    anna, boris = Visitor(app), Visitor(app)
    walk.walk(anna, until("rate-1-1", "5"))
    page = walk.walk(boris, until("rate-1-1", "1"))[-1]
    first, second = everything(database, participants)
    anna.post("/s/rate-1-1", {"csrf": [first.csrf], "emotion_recognition": ["5"]})
    assert 'value="5" checked' not in boris.get("/s/rate-1-1").text
    stolen = {"csrf": [first.csrf], "emotion_recognition": ["1"]}
    assert boris.post("/s/rate-1-1", stolen).status == 403, "another's word opens nothing"
    forged = page.hidden | {"emotion_recognition": ["1"], "participant_id": [str(first.id)], "name": [first.name], "step": ["rate-1-1"]}
    boris.post("/s/rate-1-1", forged)
    rows = [(a.participant_id, a.value) for a in everything(database, answers) if a.step == "rate-1-1"]
    assert rows == [(first.id, "5"), (second.id, "1")]
    assert boris.post("/withdraw", {"csrf": [first.csrf]}).status == 403
    assert len(everything(database, participants)) == 2


@pytest.mark.parametrize("path", ["/s/consent", "/s/rate-1-1", "/end", "/care", "/withdraw"])
def test_without_a_session_there_is_nothing(database, path):
    guest = visitor(database)
    assert guest.get(path).status == 401 and guest.post(path, {}).status in (401, 405)
    guest.client.cookies.set("tidelab_participant", "guessed")
    assert guest.get(path).status == 401


def test_forms_need_the_sessions_own_word_and_begin_needs_the_doors(database):
    guest = visitor(database)
    door = guest.get("/").hidden
    assert Visitor(guest.app).post("/join", door).status == 403, "a form from another site has no cookie"
    assert guest.post("/join", {"csrf": ["wrong"]}).status == 403
    walk.walk(guest, until("about"))
    for path in ("/s/about", "/s/about/save", "/withdraw"):
        assert guest.post(path, {"csrf": [""]}).status == guest.post(path, {}).status == 403
    assert [a.step for a in everything(database, answers)].count("about") == 0


def test_the_cookie_is_out_of_reach_of_scripts_and_demands_tls_where_there_is_some(database):
    plain = visitor(database)
    told = plain.client.post("/join", data=plain.get("/").hidden, follow_redirects=False).headers.get_list("set-cookie")
    assert any("httponly" in c.lower() and "samesite=lax" in c.lower() for c in told if "participant" in c)
    safe = TestClient(study_app(database, folder=None, secure=True), base_url="https://testserver")
    page = walk.read(200, "/", safe.get("/").text)
    told = safe.post("/join", data=page.hidden, follow_redirects=False).headers
    assert all("secure" in c.lower() for c in told.get_list("set-cookie") if "participant" in c and "max-age=0" not in c.lower())
    assert "strict-transport-security" in told


def test_every_page_carries_the_headers_and_no_script_stands_in_it(database):
    guest = visitor(database)
    for path in ("/", "/help", "/leave", "/absent", "/s/consent", "/staff", "/static/leave.js"):
        answer = guest.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy and "unsafe" not in policy and answer.headers["cache-control"] == "no-store"
        assert "<script>" not in answer.text and " onclick" not in answer.text and " style=" not in answer.text


def test_the_same_prolific_identity_begins_once_and_is_kept_apart(database):
    app = study_app(database, folder=None)
    guest = Visitor(app)
    page = guest.get("/?PROLIFIC_PID=abc123&STUDY_ID=s&SESSION_ID=t")
    assert page.hidden["prolific"] == ["abc123"]
    guest.post("/join", page.hidden)
    again = Visitor(app)
    refused = again.post("/join", again.get("/?PROLIFIC_PID=abc123").hidden)
    assert refused.status == 409 and "already begun with this identity" in refused.text
    last = walk.walk(guest, walk.passes())[-1]
    row = everything(database, participants)[0]
    assert f"https://example.org/done?cc={row.code}" in last.text
    assert [(r.channel, r.external_id) for r in everything(database, recruits)] == [("prolific", "abc123")]
    assert "abc123" not in str([a.value for a in everything(database, answers)])


def test_an_invited_clinicians_link_opens_one_session_in_that_role(database):
    (token,) = people.invite(database, "clinician", 1)
    app = study_app(database, folder=None)
    first, second = Visitor(app), Visitor(app)
    assert first.get(f"/p/{token}").step == "consent"
    walk.walk(first, until("about"))
    assert second.get(f"/p/{token}").step == "about", "the same session, wherever it is opened"
    assert [(r.role, r.status) for r in everything(database, participants)] == [("clinician", "active")]


def test_links_that_are_no_good_open_nothing_and_nobody_guesses_without_end(database):
    guest = visitor(database)
    codes = [guest.get(f"/p/guess-{i}").status for i in range(14)]
    assert codes[0] == 403 and codes[-1] == 429


def test_the_study_is_full_when_its_places_are_taken_and_opens_again(database):
    app = study_app(database, folder=None)
    for _ in range(3):
        assert Visitor(app).post("/join", {}).status == 403
        guest = Visitor(app)
        assert guest.post("/join", guest.get("/").hidden).step == "consent"
    late = Visitor(app)
    assert "All places are taken" in late.post("/join", late.get("/").hidden).text
    boss = signed_in(app, database, "administrator")
    assert boss.post("/staff/target", word(boss) | {"target": ["4"]}).status == 200
    assert late.post("/join", late.get("/").hidden).step == "consent"


def test_administrators_pause_and_close_and_those_within_can_finish(database):
    app = study_app(database, folder=None)
    guest = Visitor(app)
    walk.walk(guest, until("about"))
    boss = signed_in(app, database, "administrator")
    for to, told in (("paused", "paused for a while"), ("closed", "has ended")):
        assert f"the study is {to}" in boss.post("/staff/condition", word(boss) | {"to": [to]}).text
        new = Visitor(app)
        assert told in new.post("/join", new.get("/").hidden).text
    assert walk.walk(guest, walk.passes())[-1].path == "/end"
    assert boss.post("/staff/condition", word(boss) | {"to": ["on fire"]}).status == 400
    for wrong in ("-1", "", "0", "000001999999", "000001" + "9" * 4_400):
        assert boss.post("/staff/target", word(boss) | {"target": [wrong]}).status == 400


def test_an_invited_link_begins_nothing_while_nobody_new_comes_in_and_is_kept_for_later(database):
    begun, waiting = people.invite(database, "lived", 2)
    app = study_app(database, folder=None)
    assert Visitor(app).get(f"/p/{begun}").step == "consent"
    for key, value, told in (
        ("condition", "paused", "paused for a while"),
        ("condition", "closed", "has ended"),
        ("target", "1", "places are taken"),
    ):
        with database.write() as connection:
            store.put(connection, "condition", "open")
            store.put(connection, key, value)
        refused = Visitor(app).get(f"/p/{waiting}")
        assert refused.status == 409 and told in refused.text
        assert [r.status for r in everything(database, participants)] == ["active", "invited"]
        assert Visitor(app).get(f"/p/{begun}").step == "consent", "who has begun comes back"
    with database.write() as connection:
        store.put(connection, "condition", "open")
        store.put(connection, "target", "2")
    assert Visitor(app).get(f"/p/{waiting}").step == "consent"


def test_reviewers_see_the_dashboard_and_change_nothing_and_participants_see_none_of_it(database):
    app = study_app(database, folder=None)
    guest = Visitor(app)
    walk.walk(guest, walk.passes())
    assert guest.get("/staff").status == 401
    reader = signed_in(app, database, "reviewer")
    page = reader.get("/staff")
    row = everything(database, participants)[0]
    assert page.status == 200 and row.name not in page.text and row.code not in page.text
    assert reader.post("/staff/condition", word(reader) | {"to": ["closed"]}).status == 403
    with database.read() as connection:
        assert store.get(connection, "condition", "open") == "open"


def test_what_was_done_about_an_adverse_event_is_added_to_it(database):
    app = study_app(database, folder=None)
    guest = Visitor(app)
    page = walk.walk(guest, until("debrief"))[-1]
    guest.post("/s/debrief", page.hidden | {"comment": ["I can't go on"]})
    boss = signed_in(app, database, "administrator")
    told = boss.post("/staff/adverse/1", word(boss) | {"done": ["wrote to the <b>person</b>"]}).text
    assert "the page with resources and contact was shown" in told and "wrote to the &lt;b&gt;person" in told
    assert boss.post("/staff/adverse/99", word(boss) | {"done": ["x"]}).status == 404


def test_the_oldest_of_many_adverse_events_is_on_the_dashboard_and_can_be_noted(database):
    with database.write() as connection:
        rows = [{"at": now(), "step": "debrief", "what": f"sign {i};", "done": "nothing yet"} for i in range(51)]
        connection.execute(sa.insert(adverse), rows)
    boss = signed_in(study_app(database, folder=None), database, "administrator")
    page = boss.get("/staff").text
    assert "sign 0;" in page and 'action="/staff/adverse/1"' in page
    assert "rang them up" in boss.post("/staff/adverse/1", word(boss) | {"done": ["rang them up"]}).text


@pytest.mark.parametrize(("language", "sentence"), [("en", "differ by 1 completed sessions"), ("es", "difieren como mucho en 1 sesiones")])
def test_the_dashboard_tells_balance_as_a_number_and_completed_sessions_by_system_and_by_arm(tmp_path, language, sentence):
    database, _ = study(tmp_path / "run", in_languages(small(4, languages=["en"]), ["en", "es"]))
    app = study_app(database, folder=None)
    walk.walk(Visitor(app), walk.passes())
    page = signed_in(app, database, "reviewer").client.get("/staff", headers={"accept-language": language}).text
    assert sentence in page and "{&#39;" not in page and "[{" not in page
    tables = [re.findall(r"<tr>(.*?)</tr>", t) for t in re.findall(r"<table>(.*?)</table>", page, re.S)]
    by_system, by_arm = ([re.findall(r">([^<>]+)</t[hd]>", row) for row in t] for t in tables[-2:])
    (row,) = everything(database, participants)
    shown = {(s["conversation_id"], s["system_id"]) for s in row.pages}
    systems = {system for _, system in shown}
    assert {r[0]: r[1] for r in by_system[1:]} == {s: str(int(s in systems)) for s in by_arm[0][1:]}
    found = {(r[0], system): n for r in by_arm[1:] for system, n in zip(by_arm[0][1:], r[1:], strict=True)}
    assert len(found) == 16 and {arm for arm, n in found.items() if n == "1"} == shown and set(found.values()) == {"0", "1"}
    database.close()


def test_a_session_that_asks_without_end_is_slowed_and_others_are_not(database):
    app = study_app(database, folder=None)
    app.state.rate = Rate(8, 60)
    guest, other = Visitor(app), Visitor(app)
    guest.post("/join", guest.get("/").hidden)
    other.post("/join", other.get("/").hidden)
    assert [guest.get("/end").status for _ in range(8)][-1] == 429
    assert other.get("/s/consent").status == 200
    assert "0" not in {k.hex() for k in app.state.rate._windows} and len(app.state.rate._windows) == 2


def test_the_log_holds_no_answer_no_token_no_name_and_no_address(database, caplog):
    with caplog.at_level(logging.DEBUG):
        guest = visitor(database)
        walk.walk(guest, walk.passes(), start="/?PROLIFIC_PID=abc123")
    told = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("tidelab"))
    row = everything(database, participants)[0]
    assert "POST /s/{key} 303" in told and "GET /s/{key} 200" in told
    secrets = (guest.client.cookies["tidelab_participant"], row.name, row.csrf, row.code, "abc123", "testclient", "rate-1-1", "woman")
    assert not [s for s in secrets if s in told]


def test_no_internet_address_is_kept(database):
    guest = Visitor(study_app(database, folder=None))
    guest.client = TestClient(guest.app, client=("192.0.2.77", 1))
    walk.walk(guest, walk.passes())
    with database.read() as connection:
        tables = sa.inspect(connection).get_table_names()
        whole = "".join(str(connection.execute(sa.text(f"SELECT * FROM {t}")).all()) for t in tables)
    assert "192.0.2.77" not in whole and "192.0.2.77" not in repr(guest.app.state.joins.__dict__)


def test_a_study_that_changed_is_refused_or_becomes_a_second_version_with_both_kept(database):
    from tidelab.errors import TidelabError

    guest = visitor(database)
    walk.walk(guest, until("rate-1-1"))
    with database.read() as connection:
        first = store.version(connection)
    changed = first.design.model_copy(update={"warning": "Another warning."})
    stimuli = list(first.stimuli.values())
    with pytest.raises(TidelabError, match="has changed since 1 participant began"):
        store.install(database, changed, stimuli)
    with pytest.raises(TidelabError, match="has changed"):
        store.install(database, first.design, [*stimuli[:-1], type(stimuli[0])(**stimuli[-1].row() | {"reply": "another text"})])
    assert store.install(database, first.design.model_copy(update={"target": 99}), stimuli) == first.id
    second = store.install(database, changed, stimuli, new_version=True)
    app = study_app(database, folder=None)
    old, new = Visitor(app, cookies=dict(guest.client.cookies)), Visitor(app)
    assert walk.walk(old, walk.passes())[-1].path == "/end"
    new.post("/join", new.get("/").hidden)
    assert [r.version_id for r in everything(database, participants)] == [first.id, second]
    with pytest.raises(TidelabError, match="earlier version"):
        store.install(database, first.design.model_copy(update={"target": 99}), stimuli, new_version=True)
