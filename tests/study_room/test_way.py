"""The way through the study: every turn of it, every way to send a page that nobody's browser should."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.study_room.studies import HOSTILE, Visitor, design, everything, small, study, until, visitor
from tidelab.study import people, store, walk, way
from tidelab.study.app import study_app
from tidelab.study.parts import Question, Questionnaire
from tidelab.study.tables import adverse, answers, audit, participants, recruits, visits
from tidelab.web.people import hashed


@pytest.fixture
def database(tmp_path):
    opened, _ = study(tmp_path / "run")
    yield opened
    opened.close()


def at(database, step, **more):
    guest = visitor(database, **more)
    pages = walk.walk(guest, until(step))
    assert pages[-1].step == step
    return guest, pages[-1]


def only(database):
    return everything(database, participants)[-1]


def values(database, step):
    return [(a.question, a.value) for a in everything(database, answers) if a.step == step]


def test_a_whole_session_is_in_the_log_with_times_order_and_consent(database):
    pages = walk.walk(visitor(database), walk.passes())
    assert pages[-1].path == "/end" and only(database).code in pages[-1].text
    rated = [a for a in everything(database, answers) if a.step.startswith("rate")]
    assert len(rated) == 4 * 4 + 1
    assert sorted({a.shown for a in rated}) == [1, 2, 3, 4]
    assert {(a.conversation_id, a.system_id) for a in rated} == {(p["conversation_id"], p["system_id"]) for p in only(database).pages}
    agreed = next(a.value for a in everything(database, answers) if a.question == "text")
    assert agreed["version"] == "1" and len(agreed["sha256"]) == 64
    assert all(v.done >= v.shown for v in everything(database, visits))
    assert only(database).status == "completed"


UNABLE = {"adult": ["yes"], "steady": ["no"]}


@pytest.mark.parametrize(("step", "given", "status"), [("consent", {"agree": ["no"]}, "declined"), ("screening", UNABLE, "screened_out")])
def test_who_declines_or_should_not_read_this_today_is_led_out_with_care(database, step, given, status):
    guest, page = at(database, step)
    out = guest.post(page.action, page.hidden | given)
    assert out.path == "/end" and "A British service" in out.text and only(database).status == status
    assert guest.get("/s/practice").path == "/end" and guest.get("/s/consent").path == "/end"
    assert guest.post("/s/consent", page.hidden | {"agree": ["yes"]}).path == "/end"
    assert only(database).status == status


def test_the_comprehension_check_has_two_tries(database):
    guest, page = at(database, "check")
    wrong = {"check_what": ["person"], "check_right": ["own"]}
    again = guest.post(page.action, page.hidden | wrong)
    assert again.status == 422 and "try again" in again.text and "/s/instructions" in again.text
    out = guest.post(page.action, page.hidden | wrong | {"check_right": ["high"]})
    assert out.path == "/end" and only(database).status == "failed_check"
    other, page = at(database, "check")
    other.post(page.action, page.hidden | wrong)
    assert other.post(page.action, page.hidden | {"check_what": ["reply"], "check_right": ["own"]}).step == "practice"


def test_the_same_wrong_answers_sent_again_use_up_no_try(database):
    guest, page = at(database, "check")
    wrong = page.hidden | {"check_what": ["person"], "check_right": ["own"]}
    for _ in range(4):
        again = guest.post(page.action, wrong)
        assert again.status == 422 and "try again" in again.text
    assert only(database).tries == 1 and only(database).status == "active"
    assert guest.post(page.action, wrong | {"check_what": ["reply"]}).step == "practice"


def test_what_is_missing_is_told_and_what_was_given_is_kept(database):
    guest, page = at(database, "rate-1-1")
    half = guest.post(page.action, page.hidden | {"emotion_recognition": ["5"]})
    assert half.status == 422 and half.text.count("please choose an answer</a>") == 3 and "To mend" in half.text
    assert re.search(r'name="emotion_recognition" value="5"[^>]* checked', guest.get("/s/rate-1-1").text)
    assert values(database, "rate-1-1") == [("emotion_recognition", "5")]


def test_autosave_keeps_each_answer_and_reload_and_back_lose_nothing(database):
    guest, page = at(database, "rate-1-1")
    for name in ("emotion_recognition", "perceived_empathy"):
        assert guest.client.post("/s/rate-1-1/save", data=page.hidden | {name: ["2"]}).status_code == 204
    walk.walk(guest, until("rate-2-1"))
    back = guest.get("/s/rate-1-1")
    assert back.text.count("checked") == 4
    changed = guest.post(back.action, back.hidden | {n: ["5"] for n in back.choices})
    assert changed.step == "rate-1-2", "a page that was changed leads on to the next"
    logged = [v for q, v in values(database, "rate-1-1") if q == "emotion_recognition"]
    assert logged == ["2", "4", "5"], "a change is a new row"


def test_a_form_that_is_sent_twice_is_one_answer(database):
    guest, page = at(database, "rate-1-1")
    filled = page.hidden | walk.passes()(page)
    assert guest.post(page.action, filled).step == "rate-1-2"
    count = len(everything(database, answers))
    guest.post(page.action, filled)
    shown = [v.step for v in everything(database, visits)]
    assert len(everything(database, answers)) == count and len(set(shown)) == len(shown)


def test_two_tabs_of_one_session_write_one_session(database):
    guest, page = at(database, "rate-1-1")
    tab = Visitor(guest.app, cookies=dict(guest.client.cookies))
    other = tab.get("/")
    assert other.step == "rate-1-1"
    guest.post(page.action, page.hidden | walk.passes("2")(page))
    assert tab.post(other.action, other.hidden | walk.passes("2")(other)).step == "rate-1-2"
    assert len(everything(database, participants)) == 1
    assert len(values(database, "rate-1-1")) == 4


def test_pressing_begin_twice_begins_once(database):
    guest = visitor(database)
    page = guest.get("/")
    guest.post("/join", page.hidden)
    guest.post("/join", page.hidden)
    assert len(everything(database, participants)) == 1


@pytest.mark.parametrize("key", ["debrief", "rate-2-2", "rate-9-9", "nonsense", "on", "%3Cscript%3E", "practice"])
def test_requests_out_of_order_lead_to_where_one_is_and_write_nothing(database, key):
    guest, page = at(database, "about")
    count = len(everything(database, answers))
    assert guest.get(f"/s/{key}").step == "about"
    assert guest.post(f"/s/{key}", page.hidden | {"comment": ["x"], "emotion_recognition": ["1"]}).step == "about"
    assert guest.client.post(f"/s/{key}/save", data=page.hidden | {"emotion_recognition": ["1"]}).status_code == 409
    assert len(everything(database, answers)) == count


@pytest.mark.parametrize("step", ["consent", "screening", "check"])
def test_what_decides_over_taking_part_can_not_be_changed_afterwards(database, step):
    guest, _ = at(database, "practice")
    page = guest.get(f"/s/{step}")
    assert "the answers stay as they are" in page.text and not page.action
    word = {"csrf": [only(database).csrf]}
    guest.post(f"/s/{step}", word | {"agree": ["no"], "adult": ["no"], "check_what": ["person"]})
    assert only(database).status == "active" and "no" not in [v for _, v in values(database, step)]


def test_after_the_end_nothing_can_be_changed(database):
    guest = visitor(database)
    page = next(p for p in walk.walk(guest, walk.passes()) if p.step == "rate-1-1")
    count = len(everything(database, answers))
    assert guest.post("/s/rate-1-1", page.hidden | {n: ["1"] for n in page.choices}).path == "/end"
    assert len(everything(database, answers)) == count


@pytest.mark.parametrize("value", ["0", "6", "-1", "3.5", "five", "", " 4", "٤", "NaN", HOSTILE])
def test_a_rating_outside_the_scale_is_no_rating(database, value):
    guest, page = at(database, "rate-1-1")
    filled = page.hidden | walk.passes()(page) | {"emotion_recognition": [value]}
    assert guest.post(page.action, filled).status == 422
    assert "emotion_recognition" not in dict(values(database, "rate-1-1"))


def test_html_and_sql_in_every_field_are_text(tmp_path):
    database, _ = study(tmp_path / "run", small(open_text=True), hostile=True)
    guest = visitor(database)

    def choose(page):
        given = walk.passes()(page) | {name: [HOSTILE] for name in page.texts}
        return given | ({"gender": ["self-described"], "gender_own": [HOSTILE]} if page.step == "about" else {})

    pages = walk.walk(guest, choose)
    assert pages[-1].path == "/end"
    assert not any("<script>document" in p.text or "onerror=alert(1)>" in p.text for p in pages)
    assert [v for q, v in values(database, "about") if q == "gender_own"] == [HOSTILE[:200]]
    assert [v for q, v in values(database, "debrief") if q == "comment"] == [HOSTILE]
    again = guest.get("/")
    assert "<script>document" not in again.text
    database.close()


def test_a_megabyte_of_text_is_refused_and_what_was_there_stays(database):
    guest, page = at(database, "debrief")
    guest.client.post("/s/debrief/save", data=page.hidden | {"comment": ["kept"]})
    assert guest.post("/s/debrief", page.hidden | {"comment": ["x" * 1_000_000]}).status == 413
    assert guest.post("/s/debrief", page.hidden | {"comment": ["x" * 10_001]}).status == 413
    assert values(database, "debrief") == [("comment", "kept")]
    guest.client.post("/s/debrief/save", data=page.hidden | {"comment": ["y" * 9_000]})
    assert len(values(database, "debrief")[-1][1]) == 2_000


def test_a_sign_of_crisis_shows_help_and_is_noted_without_the_text(database):
    guest, page = at(database, "debrief")
    words = "I just want to die, and reading this made it worse"
    guest.client.post("/s/debrief/save", data=page.hidden | {"comment": [words]})
    out = guest.post("/s/debrief", page.hidden | {"comment": [words]})
    assert out.path == "/care" and "you don&#39;t have to be alone" in out.text and "A British service" in out.text
    (event,) = everything(database, adverse)
    assert "active" in event.what and words not in event.what + event.done and event.step == "debrief"
    assert guest.get("/s/on").path == "/end", "the answer counted all the same"


GRAVE = "I just want to die, and reading this made it worse"


def test_the_adverse_event_log_says_what_was_shown_and_only_when_it_was(database):
    guest, page = at(database, "debrief")
    draft = page.hidden | {"comment": [GRAVE]}
    assert "data-care hidden" in guest.get("/s/debrief").text
    assert guest.client.post("/s/debrief/save", data=page.hidden | {"comment": ["Thank you"]}).status_code == 204
    assert [guest.client.post("/s/debrief/save", data=draft).status_code for _ in range(3)] == [200] * 3
    (event,) = everything(database, adverse)
    assert event.done.startswith(way.NOTED) and event.done.count(way.SENT) == 1 and "shown" not in event.done
    sent = guest.client.post("/s/debrief", data=draft, follow_redirects=False)
    assert sent.headers["location"] == "/care" and "shown" not in everything(database, adverse)[0].done
    assert guest.get("/care").status == guest.get("/care").status == 200
    assert everything(database, adverse)[0].done.count(way.SHOWN) == 1


def test_a_sign_on_a_page_that_can_not_be_left_yet_shows_help_there(tmp_path):
    database, _ = study(tmp_path / "run", small(open_text=True))
    guest, page = at(database, "rate-1-1")
    half = guest.post(page.action, page.hidden | {"words": [GRAVE]})
    assert half.status == 422 and "data-care>" in half.text and "data-care hidden" not in half.text
    (event,) = everything(database, adverse)
    assert way.BELOW in event.done and way.SHOWN not in event.done
    database.close()


def test_a_graver_sign_later_on_the_same_page_is_noted_too(database):
    guest, page = at(database, "debrief")
    said = (GRAVE, "I can't go on", f"{GRAVE}. I tried to kill myself", "I wrote a goodbye letter", "He is going to kill me")
    for words in (*said, *said):
        guest.client.post("/s/debrief/save", data=page.hidden | {"comment": [words]})
    kinds = [event.what.rpartition(": ")[2] for event in everything(database, adverse)]
    assert kinds == ["active", "attempt", "danger"]


def test_of_two_texts_on_one_page_the_graver_counts(tmp_path):
    asked = [Question(name=name, ask=f"{name}?", required=False) for name in ("first", "second")]
    more = Questionnaire(name="more", title="More", questions=asked)
    database, _ = study(tmp_path / "run", small(questionnaires=[more.model_dump()]))
    guest, page = at(database, "q-more")
    guest.post(page.action, page.hidden | {"first": ["I can't go on"], "second": ["I tried to kill myself"]})
    assert ["attempt" in event.what for event in everything(database, adverse)] == [True]
    database.close()


def test_a_question_of_many_answers_that_was_not_sent_is_not_emptied(tmp_path):
    asked = [Question(name=name, ask=f"{name}?", options={"a": "A", "b": "B"}, many=True, required=False) for name in ("one", "two")]
    more = Questionnaire(name="more", title="More", questions=asked)
    database, _ = study(tmp_path / "run", small(questionnaires=[more.model_dump()]))
    guest, page = at(database, "q-more")
    word = {"csrf": page.hidden["csrf"]}
    guest.client.post("/s/q-more/save", data=word | {"one": ["", "a"]})
    guest.client.post("/s/q-more/save", data=word | {"two": ["", "b"]})
    assert values(database, "q-more") == [("one", ["a"]), ("two", ["b"])]
    assert guest.post(page.action, page.hidden).step == "instructions", "no box ticked is an answer too"
    assert values(database, "q-more")[2:] == [("one", []), ("two", [])]
    database.close()


def test_topics_left_out_are_not_shown(database):
    guest, page = at(database, "topics")
    assert page.choices["left_out"] == ["guilt", "intrusion", "sleep"]
    guest.post(page.action, page.hidden | {"left_out": ["guilt", "sleep"]})
    walk.walk(guest, until("rate-1-1"))
    kept = {p["conversation_id"] for p in only(database).pages}
    assert kept and all(int(c[1:]) % 3 == 0 for c in kept)


def test_every_topic_may_be_left_out_and_the_way_ends_kindly(database):
    guest, page = at(database, "topics")
    guest.post(page.action, page.hidden | {"left_out": ["guilt", "sleep", "intrusion"]})
    assert walk.walk(guest, walk.passes())[-1].path == "/end"


def test_withdrawing_deletes_every_row_and_the_audit_holds_nothing_personal(database, tmp_path):
    guest = visitor(database, folder=tmp_path / "kept")
    walk.walk(guest, until("rate-2-1"))
    row = only(database)
    page = guest.get("/withdraw")
    out = guest.post("/withdraw", page.hidden)
    assert out.status == 200 and "Everything is deleted" in out.text
    for table in (participants, answers, visits, recruits):
        assert everything(database, table) == []
    (line,) = [a for a in everything(database, audit) if a.subject]
    assert line.subject == people.forgotten(row.name) == (tmp_path / "kept" / "withdrawals.log").read_text().strip()
    assert row.name not in line.what and guest.get("/s/rate-2-1").status == 401


def test_leaving_forgets_the_session_in_the_browser_and_the_link_leads_back(database):
    guest, _ = at(database, "about")
    link = re.search(r"<code[^>]*>[^<]*(/p/[^<]+)</code>", guest.get("/s/consent").text)
    left = guest.client.get("/leave")
    assert left.text.endswith("<body></body></html>") and left.headers["clear-site-data"] and "study" not in left.text.lower()
    assert guest.get("/s/about").status == 401
    assert guest.get(link[1]).step == "about"


def test_every_page_has_quick_exit_help_contact_and_withdrawal(database):
    for page in walk.walk(visitor(database), walk.passes()):
        assert 'href="/leave"' in page.text and 'href="/help"' in page.text and "study@example.org" in page.text
        assert 'href="/withdraw"' in page.text or page.path == "/"


ALWAYS = ('href="/leave"', 'href="/help"', "study@example.org", "A British service", 'href="/withdraw"')


def test_every_error_within_a_session_has_them_too(database, monkeypatch):
    from starlette.testclient import TestClient

    guest, page = at(database, "debrief")
    calm = TestClient(guest.app, cookies=guest.client.cookies, raise_server_exceptions=False)
    wrong = {
        403: calm.post("/s/debrief", data={"csrf": "another"}),
        404: calm.get("/nowhere"),
        405: calm.put("/help"),
        413: calm.post("/s/debrief", data=page.hidden | {"comment": ["x" * 1_000_000]}),
    }
    monkeypatch.setattr(guest.app.state.rate, "most", 0)
    wrong[429] = calm.get("/s/debrief")
    monkeypatch.undo()
    with monkeypatch.context() as broken:
        broken.setattr(people, "find", lambda *_: 1 / 0)
        wrong[500] = calm.get("/s/debrief")
    with database.write() as connection:
        connection.execute(sa.text("ALTER TABLE study_participants RENAME TO gone"))
    wrong[503] = calm.get("/s/debrief")
    assert {code: answer.status_code for code, answer in wrong.items()} == {code: code for code in wrong}
    assert {code: [a for a in ALWAYS if a not in answer.text] for code, answer in wrong.items()} == {code: [] for code in wrong}


@pytest.mark.parametrize("fault", ["too many requests", "no database"])
def test_leaving_and_help_work_whatever_else_fails(database, monkeypatch, fault):
    from starlette.testclient import TestClient

    guest, _ = at(database, "debrief")
    calm = TestClient(guest.app, cookies=guest.client.cookies, raise_server_exceptions=False)
    if fault == "no database":
        with database.write() as connection:
            connection.execute(sa.text("ALTER TABLE study_participants RENAME TO gone"))
    else:
        monkeypatch.setattr(guest.app.state.rate, "most", 0)
    assert calm.get("/s/debrief").status_code in (429, 503)
    help_page = calm.get("/help")
    assert help_page.status_code == 200 and "A British service" in help_page.text
    left = calm.get("/leave")
    assert left.status_code == 200 and "<body></body>" in left.text
    assert 'tidelab_participant=""' in left.headers["set-cookie"] and "cache" in left.headers["clear-site-data"]


def test_errors_outside_of_a_session_have_them_but_nothing_to_withdraw(database):
    guest = visitor(database)
    for path in ("/nowhere", "/s/debrief", "/p/guess"):
        text = guest.get(path).text
        assert [a for a in ALWAYS if a not in text] == ['href="/withdraw"'], path
    guest.client.cookies.set("tidelab_participant", "guessed")
    assert 'href="/withdraw"' not in guest.get("/s/debrief").text, "whose session it is was looked up"


def test_resources_are_those_of_the_participants_country(database):
    guest = visitor(database)
    guest.post("/join", guest.get("/").hidden | {"country": ["US"]})
    text = guest.get("/help").text
    assert "An American service" in text and "A British service" not in text
    assert "A British service" in guest.get("/help?country=GB").text
    assert "988" not in text and "116 123" not in text, "cards that nobody has verified are not served"


def test_a_clock_that_is_set_back_loses_nothing_and_is_flagged(database, monkeypatch):
    from tidelab.study.quality import judge
    from tidelab.web.database import now

    guest, page = at(database, "rate-1-1")
    monkeypatch.setattr(way, "now", lambda: now() - timedelta(hours=2))
    assert guest.post(page.action, page.hidden | walk.passes()(page)).step == "rate-1-2"
    monkeypatch.undo()
    assert walk.walk(guest, walk.passes())[-1].path == "/end"
    with database.read() as connection:
        found = judge(connection, {1: store.version(connection)})
    assert "impossible times" in found[only(database).name].flags


def test_further_questionnaires_and_pairwise_choices_are_pages_too(tmp_path):
    more = Questionnaire(
        name="sleep", title="Your sleep", questions=[Question(name="hours", ask="How many hours?", options={"6": "Six", "8": "Eight"})]
    )
    database, _ = study(tmp_path / "run", small(questionnaires=[more.model_dump()], pairwise=True))
    pages = walk.walk(visitor(database), walk.passes())
    assert [p.step for p in pages if p.step.startswith(("q-", "choice"))] == ["q-sleep", "choice-1", "choice-2"]
    assert values(database, "q-sleep") == [("hours", "6")] and values(database, "choice-1") == [("preference", "first")]
    database.close()


def test_the_progress_never_promises_too_little(tmp_path):
    made = design(attention=0)
    database, _ = study(tmp_path / "run", made)
    told = [
        tuple(map(int, m.groups())) for p in walk.walk(visitor(database), walk.passes()) if (m := re.search(r"Step (\d+) of (\d+)", p.text))
    ]
    assert [a for a, _ in told] == list(range(1, len(told) + 1)) and {b for _, b in told} == {len(told)}
    database.close()


def test_the_database_gone_for_a_minute_gives_a_page_and_the_answer_can_be_sent_again(database):
    guest, page = at(database, "rate-1-1")
    from starlette.testclient import TestClient

    calm = TestClient(guest.app, cookies=guest.client.cookies, raise_server_exceptions=False)
    filled = page.hidden | walk.passes()(page)
    with database.write() as connection:
        connection.execute(sa.text("ALTER TABLE study_answers RENAME TO gone"))
    refused = calm.post(page.action, data=filled)
    assert refused.status_code == 503 and "Nothing was saved just now" in refused.text
    with database.write() as connection:
        connection.execute(sa.text("ALTER TABLE gone RENAME TO study_answers"))
    assert guest.post(page.action, filled).step == "rate-1-2"


def test_a_full_disk_is_a_page_and_what_was_saved_stays(database):
    guest, page = at(database, "debrief")
    guest.client.post("/s/debrief/save", data=page.hidden | {"comment": ["first"]})
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    sa.event.listen(database.engine, "checkout", lambda raw, *_: raw.execute(f"PRAGMA max_page_count = {pages}"))
    codes = [guest.client.post("/s/debrief/save", data=page.hidden | {"comment": [f"{i}" * 1_900]}).status_code for i in range(30)]
    assert 503 in codes and set(codes) <= {204, 503}
    assert len(values(database, "debrief")) == 1 + codes.count(204)


def test_only_hashes_of_tokens_are_stored(database, tmp_path):
    guest, _ = at(database, "about")
    token = guest.client.cookies["tidelab_participant"]
    assert only(database).token_hash == hashed(token)
    kept = b"".join(p.read_bytes() for p in (tmp_path / "run" / "study").glob("study.db*"))
    assert token.encode() not in kept


def test_a_study_of_an_app_without_a_version_is_told(tmp_path):
    from tidelab.errors import TidelabError

    database = store.open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(TidelabError, match="has not been served yet"):
        study_app(database, folder=None)
    database.close()
