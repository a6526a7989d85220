"""The pages in a real Chromium: by keyboard alone, on a phone, without JavaScript, with axe. Pictures go to build/review."""

import re
from pathlib import Path

import pytest

from tests.report.test_browser import CONTRAST
from tests.review.runs import HOSTILE, Person, everything, make
from tests.server import Server
from tidelab.review.app import open_database
from tidelab.review.scales import SCALES
from tidelab.review.tables import answers, assignments, revisions
from tidelab.web import people

PICTURES = Path(__file__).parents[2] / "build" / "review"


class Place:
    def __init__(self, run):
        self.run = run
        make(run, 3, hostile="hostile" in run.parent.name)
        self.server = Server("review", run).start()
        self.database = open_database(f"sqlite:///{run / 'review' / 'review.db'}")

    def link(self, name, role="reviewer"):
        return f"{self.server.url}/enter/{people.invite(self.database, name, role, 1)[0]}"


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path / "run")
    yield made
    made.server.kill()
    made.database.close()


@pytest.fixture
def visit(browser):
    """Opens a page; afterwards nothing may have been logged, thrown or asked of another host."""
    heard, contexts = [], []

    def open_page(link, width=1280, height=900, scheme="light", scripts=True):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=scripts))
        page = contexts[-1].new_page()
        page.on("console", lambda m: heard.append(f"console: {m.text}") if "422" not in m.text else None)
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("request", lambda r: heard.append(f"request: {r.url}") if not r.url.startswith("http://127.0.0.1:") else None)
        page.goto(link)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert heard == []


def picture(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def violations(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(
        page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
    )
    return [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found.response["violations"]]


def tab_to(page, selector, most=80):
    """Presses Tab until the element has the focus, as a person without a mouse would."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            ring = page.evaluate(
                "() => { const e = document.activeElement, ring = (x) => { const s = getComputedStyle(x); "
                "return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 }; "
                "return ring(e) || Boolean(e.closest('.choice') && ring(e.closest('.choice'))) }"
            )
            assert ring, f"{selector} has the focus and doesn't show it"
            return
    raise AssertionError(f"{selector} can't be reached by Tab")


def rate(page, rating):
    """Each question by Tab, its answer by the arrow keys."""
    for scale in SCALES:
        tab_to(page, f"input[name={scale.name}]")
        page.keyboard.press("Space")
        for _ in range(rating - 1):
            page.keyboard.press("ArrowDown")


def decide(page, decision):
    tab_to(page, "input[name=decision]")
    page.keyboard.press("Space")
    if decision == "reject":
        page.keyboard.press("ArrowDown")


def test_sign_in_two_items_a_revision_a_rejection_and_a_third_opinion_by_keyboard_alone(place, visit):
    page = visit(place.link("Anna"))
    assert page.url == f"{place.server.url}/"
    picture(page, "home")
    tab_to(page, ".skip")
    tab_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/*")
    first = int(page.url.rpartition("/")[2])
    rate(page, 4)
    tab_to(page, "summary[accesskey=e]")
    page.keyboard.press("Enter")
    tab_to(page, "#chatbot")
    page.keyboard.press("Control+a")
    page.keyboard.type("A reply that I mended.")
    decide(page, "approve")
    picture(page, "item-filled")
    tab_to(page, "button[value=next]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/*?saved")
    second = int(re.search(r"items/(\d+)", page.url)[1])
    assert second != first
    rate(page, 2)
    decide(page, "reject")
    tab_to(page, "button[value=stop]")
    page.keyboard.press("Enter")  # no reason yet
    page.wait_for_selector(".notice.bad")
    assert "at least one reason" in page.inner_text(".notice.bad")
    assert page.evaluate("document.activeElement.matches('.notice.bad')")
    picture(page, "item-missing")
    tab_to(page, ".notice a")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab") if not page.evaluate("document.activeElement.id === 'reasons'") else None
    tab_to(page, "input[name=reasons][value=advice]")
    page.keyboard.press("Space")
    tab_to(page, "#comment")
    page.keyboard.type("It gives advice that nobody asked for.")
    tab_to(page, "button[value=stop]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?saved")
    assert "2 of 3" in page.inner_text("#far")
    final = [row for row in everything(place.database, answers) if row.final]
    assert [(row.decision, set(row.ratings.values())) for row in final] == [("approve", {4}), ("reject", {2})]
    assert final[1].reasons == ["advice"] and final[1].comment == "It gives advice that nobody asked for."
    assert "A reply that I mended." in {row.chatbot for row in everything(place.database, revisions)}

    other = Person(place.database, "Boris")
    while (item := other.next()) is not None:
        other.send(item)
    page = visit(place.link("Third", "adjudicator"))
    tab_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/*")
    assert "Reviewer A" in page.inner_text("main") and "Boris" not in page.content() and "Anna" not in page.content()
    picture(page, "adjudication")
    assert violations(page) == []
    rate(page, 3)
    decide(page, "approve")
    tab_to(page, "button[value=stop]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?saved")
    settled = [a for a in everything(place.database, assignments) if a.role == "adjudicator"]
    assert len(settled) == 1 and settled[0].finished


def test_what_is_entered_saves_itself_and_is_there_after_a_reload(place, visit):
    page = visit(place.link("Anna"))
    page.click("button.main")
    page.check("input[name=realism][value='4']")
    page.fill("#comment", "half a thought")
    page.get_by_text("Saved at").wait_for()
    row = everything(place.database, answers)[-1]
    assert (row.final, row.ratings, row.comment) == (False, {"realism": 4}, "half a thought")
    page.reload()
    assert page.is_checked("input[name=realism][value='4']") and page.input_value("#comment") == "half a thought"


def test_a_change_to_an_answer_that_was_sent_saves_itself_and_counts_only_when_sent(place, visit):
    page = visit(place.link("Anna"))
    page.click("button.main")
    item = page.url
    for scale in SCALES:
        page.check(f"input[name={scale.name}][value='4']")
    page.check("input[name=decision][value=approve]")
    page.click("button[value=stop]")
    page.goto(item)
    assert "You have sent this answer" in page.content()
    page.fill("#comment", "a second thought")
    page.get_by_text("Saved at").wait_for()
    page.reload()
    assert page.input_value("#comment") == "a second thought"
    assert "The answer that you sent counts until you send the new one" in page.content()
    assert [a.final for a in everything(place.database, answers)][-2:] == [True, False]


def test_a_lost_server_is_told_and_what_was_entered_is_saved_when_it_is_back(place, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(place.link("Anna"))
    page.click("button.main")
    page.wait_for_url("**/items/*")
    page.wait_for_load_state("networkidle")
    place.server.kill()
    page.fill("#comment", "typed while the server was gone")
    page.get_by_text("Not saved: no connection").wait_for()
    picture(page, "item-offline")
    place.server.start()
    page.get_by_text("Saved at").wait_for(timeout=60_000)
    assert everything(place.database, answers)[-1].comment == "typed while the server was gone"
    context.close()


def test_without_javascript_a_review_can_be_finished(place, visit):
    page = visit(place.link("Anna"), scripts=False)
    page.click("button.main")
    page.check("input[name=realism][value='5']")
    page.click("button[value=draft]")
    assert "Draft saved" in page.inner_text("main")
    for scale in SCALES:
        page.check(f"input[name={scale.name}][value='5']")
    page.check("input[name=decision][value=approve]")
    page.click("button[value=stop]")
    assert "1 of 3" in page.inner_text("#far")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1600])
def test_every_page_fits_is_legible_and_has_no_fault_that_axe_finds(place, visit, width, scheme):
    work = Person(place.database, "Worker")
    work.send(work.next())
    welcome = visit(place.server.url, width=width, scheme=scheme)
    page = visit(place.link("Anna"), width=width, scheme=scheme)
    boss = visit(place.link("Boss", "administrator"), width=width, scheme=scheme)
    for name, view in {"welcome": welcome, "home": page, "guide": page, "item": page, "progress": boss}.items():
        if name == "guide":
            view.click("nav a[href='/guide']")
        if name == "item":
            view.goto(place.server.url)
            view.click("button.main")
            view.click("summary[accesskey=e]")
        assert view.evaluate("document.documentElement.scrollWidth") <= width, name
        assert view.evaluate(CONTRAST) == [], name
        assert violations(view) == [], name
        small = view.evaluate(
            "[...document.querySelectorAll('button, summary, .choice, nav a')].filter((e) => { const r = e.getBoundingClientRect(); "
            "return r.width && (r.width < 24 || r.height < 24) }).map((e) => e.outerHTML.slice(0, 80))"
        )
        assert small == [], name
        picture(view, f"{name}-{width}-{scheme}")


def test_nothing_that_people_or_models_wrote_runs_in_the_page(tmp_path, visit):
    (tmp_path / "hostile").mkdir()
    made = Place(tmp_path / "hostile" / "run")
    try:
        page = visit(made.link(HOSTILE[:100]))
        page.click("button.main")
        told = page.inner_text("main")
        assert told.count("<script>") >= 4 and "{{7*7}}" in told and page.title().startswith("Item")
        page.fill("#comment", HOSTILE)
        for scale in SCALES:
            page.check(f"input[name={scale.name}][value='1']")
        page.check("input[name=decision][value=reject]")
        page.check("input[name=reasons][value=other]")
        page.click("summary[accesskey=e]")
        page.fill("#chatbot", f"</textarea>{HOSTILE}")
        page.click("button[value=stop]")
        page.wait_for_url("**/?saved")
        other = Person(made.database, "<b>Boris</b>")
        while (item := other.next()) is not None:
            other.send(item)
        third = visit(made.link("Third", "adjudicator"))
        third.click("button.main")
        told = third.inner_text("main")
        assert f"</textarea>{HOSTILE}" in told and third.locator("main script, main img").count() == 0
        boss = visit(made.link("Boss", "administrator"))
        assert "<b>Boris</b>" in boss.inner_text("main") and boss.locator("main script, main img, main td b").count() == 0
    finally:
        made.server.kill()
        made.database.close()
