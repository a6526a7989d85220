"""The whole study in a real Chromium: by mouse, by keyboard alone, on a phone, without JavaScript, with axe. Pictures go to build/study."""

from pathlib import Path

import pytest

from tests.report.test_browser import CONTRAST
from tests.review.test_browser import tab_to, violations
from tests.server import Server
from tests.study_room.studies import everything, make_run, small, written
from tidelab.study import people, store
from tidelab.study.tables import adverse, answers, participants
from tidelab.web import people as staff

PICTURES = Path(__file__).parents[2] / "build" / "study"
RIGHT = {"agree": "yes", "adult": "yes", "steady": "yes", "check_what": "reply", "check_right": "own"}
pytestmark = pytest.mark.slow


class Place:
    def __init__(self, path):
        self.run = written(make_run(path / "run"), small(pairwise=True, open_text=True)).path
        self.server = Server("study", self.run).start()
        self.database = store.open_database(f"sqlite:///{self.run / 'study' / 'study.db'}")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = Place(tmp_path_factory.mktemp("study"))
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
        told = ("422", "Clear-Site-Data")  # a form with something missing; the browser's own note that it has cleared what it kept
        page.on("console", lambda m: heard.append(f"console: {m.text}") if not any(t in m.text for t in told) else None)
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("request", lambda r: heard.append(f"request: {r.url}") if not r.url.startswith("http://127.0.0.1:") else None)
        page.set_default_timeout(60_000)
        page.goto(link)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert heard == []


def picture(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def wanted(page):
    """{name: value} that answers the page's radio buttons as they want to be answered."""
    names = page.evaluate("[...new Set([...document.querySelectorAll('input[type=radio]')].map((e) => e.name))]")
    chosen = {}
    for name in names:
        values = page.evaluate("n => [...document.querySelectorAll(`input[name='${n}']`)].map((e) => e.value)", name)
        chosen[name] = RIGHT.get(name) or ("4" if "4" in values else values[0])
    if "attention" in chosen:
        asked = page.locator("legend", has_text="Please choose").inner_text().split()[2]
        chosen["attention"] = str(1 + ("one", "two", "three", "four", "five").index(asked))
    return chosen


def step(page):
    return page.url.rpartition("/")[2] or "welcome"


def inspect(page, name, width):
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert page.evaluate(CONTRAST) == [], name
    assert violations(page) == [], name
    small_targets = page.evaluate(
        "[...document.querySelectorAll('button, summary, .choice, nav a, select')].filter((e) => { const r = e.getBoundingClientRect(); "
        "return r.width && (r.width < 24 || r.height < 24) }).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert small_targets == [], name


def by_mouse(page, look=lambda page: None):
    seen = []
    while step(page) != "end":
        look(page)
        seen.append(step(page))
        for name, value in wanted(page).items():
            page.locator(f"label:has(input[name='{name}'][value='{value}'])").click()
        page.click("main form button.main")
        page.wait_for_load_state()
        assert len(seen) < 40, seen
    look(page)
    return seen


def by_keyboard(page):
    """Each question by Tab, its answer by the arrow keys, each page by Enter."""
    seen = []
    while step(page) != "end":
        seen.append(step(page))
        for name, value in wanted(page).items():
            tab_to(page, f"input[name='{name}']")
            at = page.evaluate(
                "([n, v]) => [...document.querySelectorAll(`input[name='${n}']`)].findIndex((e) => e.value === v)", [name, value]
            )
            page.keyboard.press("Space")
            for _ in range(at):
                page.keyboard.press("ArrowDown")
        tab_to(page, "main form button.main")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert len(seen) < 40, seen
    return seen


WAY = [
    "welcome",
    "consent",
    "topics",
    "screening",
    "about",
    "instructions",
    "check",
    "practice",
    "rate-1-1",
    "rate-1-2",
    "choice-1",
    "break",
    "rate-2-1",
    "rate-2-2",
    "choice-2",
    "debrief",
]


def finished(place):
    row = everything(place.database, participants)[-1]
    rated = [a for a in everything(place.database, answers) if a.participant_id == row.id and a.step.startswith("rate")]
    scales = {"emotion_recognition", "distress_normalization", "supportive_reflection", "perceived_empathy"}
    return row.status, sorted({a.shown for a in rated}), {a.value for a in rated if a.question in scales}


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1600, "light")])
def test_by_mouse_the_whole_way_fits_is_legible_and_has_no_fault_that_axe_finds(place, visit, width, scheme):
    page = visit(place.server.url, width=width, scheme=scheme)

    def look(page):
        inspect(page, step(page), width)
        picture(page, f"{step(page)}-{width}")

    assert by_mouse(page, look) == WAY
    assert finished(place) == ("completed", [1, 2, 3, 4], {"4"})
    for name in ("help", "withdraw", "care"):
        page.goto(f"{place.server.url}/{name}")
        inspect(page, name, width)
        picture(page, f"{name}-{width}")


def test_by_keyboard_alone(place, visit):
    page = visit(place.server.url)
    assert by_keyboard(page) == WAY
    assert finished(place) == ("completed", [1, 2, 3, 4], {"4"})


def test_without_javascript(place, visit):
    page = visit(place.server.url, width=390, scripts=False)
    seen = []
    while step(page) != "end":
        seen.append(step(page))
        text = page.content()
        for name, value in RIGHT.items():
            if f'name="{name}"' in text:
                page.check(f"input[name='{name}'][value='{value}']")
        for box in page.locator("main form fieldset").all():
            first = box.locator("input[type=radio]").first
            if not first.count() or first.get_attribute("name") in RIGHT:
                continue
            legend = box.locator("legend").inner_text()
            asked = legend.split()[2] if legend.startswith("Please choose") else "four"
            box.locator("label.choice").nth(
                min(("one", "two", "three", "four", "five").index(asked), box.locator("label.choice").count() - 1)
            ).click()
        page.click("main form button.main")
        assert len(seen) < 40, seen
    assert seen == WAY and finished(place)[0] == "completed"
    page.click("a.leave")
    assert page.content().endswith("<body></body></html>")


def test_each_answer_saves_itself_and_a_reload_and_a_restart_lose_nothing(place, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{place.server.url}/p/{people.invite(place.database, 'lay', 1)[0]}")
    while step(page) != "rate-1-1":
        for name, value in wanted(page).items():
            page.check(f"input[name='{name}'][value='{value}']")
        page.click("main form button.main")
        page.wait_for_load_state()
    page.check("input[name=emotion_recognition][value='2']")
    page.get_by_text("Saved at").wait_for()
    page.reload()
    assert page.is_checked("input[name=emotion_recognition][value='2']")
    place.server.kill()
    page.fill("#words", "typed while the server was gone")
    page.get_by_text("Not saved: no connection").wait_for()
    picture(page, "rate-offline")
    place.server.start()
    page.get_by_text("Saved at").wait_for(timeout=60_000)
    said = [a.value for a in everything(place.database, answers) if a.question == "words"]
    assert said[-1] == "typed while the server was gone" and said.count(said[-1]) == 1
    context.close()


def begun(place, visit, until):
    """A page of a new session that has answered everything before the step `until`."""
    page = visit(f"{place.server.url}/p/{people.invite(place.database, 'lay', 1)[0]}")
    while step(page) != until:
        for name, value in wanted(page).items():
            page.check(f"input[name='{name}'][value='{value}']")
        page.click("main form button.main")
        page.wait_for_load_state()
    return page


def said(place, key):
    """What counts of a page of the newest session."""
    row = everything(place.database, participants)[-1]
    return {a.question: a.value for a in everything(place.database, answers) if (a.participant_id, a.step) == (row.id, key)}


def test_a_second_tab_blanks_nothing_that_it_has_not_changed(place, visit):
    first = begun(place, visit, "rate-1-1")
    second = first.context.new_page()
    second.goto(first.url)
    first.fill("#words", "my long reason")
    first.check("input[name=perceived_empathy][value='5']")
    first.get_by_text("Saved at").wait_for()
    second.check("input[name=emotion_recognition][value='2']")
    second.get_by_text("Saved at").wait_for()
    assert said(place, "rate-1-1") == {"words": "my long reason", "perceived_empathy": "5", "emotion_recognition": "2"}
    for name in ("distress_normalization", "supportive_reflection", "attention"):
        if second.locator(f"input[name={name}]").count():
            second.check(f"input[name={name}][value='{wanted(second)[name]}']")
    second.click("main form button.main")
    second.wait_for_url("**/s/rate-1-2")
    assert said(place, "rate-1-1")["words"] == "my long reason" and said(place, "rate-1-1")["perceived_empathy"] == "5"
    first.fill("#words", "")
    first.get_by_text("Saved at").wait_for()
    first.click("main form button.main")
    first.wait_for_url("**/s/rate-1-2")
    assert said(place, "rate-1-1")["words"] == "", "who empties a text means it"


def test_a_sign_of_crisis_shows_help_while_it_is_being_written(place, visit):
    page = begun(place, visit, "rate-1-1")
    assert not page.locator("[data-care]").is_visible()
    page.fill("#words", "I just want to die")
    page.locator("[data-care]").wait_for()
    assert page.locator("[data-care]").get_by_text("A British service").is_visible()
    page.set_viewport_size({"width": 390, "height": 900})
    inspect(page, "care while writing", 390)
    picture(page, "rate-care-390")
    (event,) = [e for e in everything(place.database, adverse) if e.participant_id == everything(place.database, participants)[-1].id]
    assert "told to show" in event.done and "was shown" not in event.done


def test_leaving_clears_the_page_at_once_and_back_does_not_bring_it_back(place, visit):
    page = visit(f"{place.server.url}/p/{people.invite(place.database, 'lay', 1)[0]}")
    page.check("input[name=agree][value=yes]")
    page.click("[data-leave]")
    page.wait_for_url("**/leave")
    assert page.inner_text("body").strip() == "" and page.title() == "New page"
    page.go_back()
    assert "consent" not in page.content().lower()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_dashboard_fits_and_has_no_fault_that_axe_finds(place, visit, width):
    page = visit(f"{place.server.url}/enter/{staff.invite(place.database, f'Boss {width}', 'administrator', 1)[0]}", width=width)
    inspect(page, "dashboard", width)
    picture(page, f"dashboard-{width}")
