"""The checks' page in a real browser: phone width, dark, and nothing that a text says is carried out."""

import os
import shutil

import pytest

from tests.corpus.checks.talks import talk
from tidelab.corpus import check_report, checks
from tidelab.corpus.formats import Import
from tidelab.records import Persona

LONG = "https://example.org/" + "a" * 400
RTL = "لا أستطيع النوم منذ تلك الليلة ولا أعرف كيف أخبر عائلتي"


@pytest.fixture(scope="module")
def page_at(tmp_path_factory):
    place = shutil.which("chromium") or shutil.which("chromium-browser")
    if place is None:
        if os.environ.get("CI"):
            pytest.fail("needs Chromium")
        pytest.skip("needs Chromium")
    rows = [
        talk(person=f"I'm 23, see {LONG} <script>document.title='broken'</script>"),
        talk(conversation_id="b" * 300, person=f"I'm 23 and {'x' * 500}"),
        talk(conversation_id="c", person=RTL),
    ]
    found = Import([Persona(persona_id="p", age=70)], [], rows, [], [f"a warning about {LONG}"])
    file = tmp_path_factory.mktemp("page") / "checks.html"
    file.write_text(check_report.page("data", found, checks.examine(rows, {"p": found.personas[0]})), "utf-8")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=["--no-sandbox", "--disable-gpu"])

        def visit(width, scheme):
            page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
            page.goto(file.absolute().as_uri())
            return page

        yield visit
        browser.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_never_scrolls_sideways(page_at, width):
    page = page_at(width, "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title() == "Checks of data"


def test_dark_and_light_differ_and_both_are_accessible(page_at):
    from axe_playwright_python.sync_playwright import Axe

    grounds = set()
    for scheme in ("light", "dark"):
        page = page_at(390, scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert Axe().run(page).response["violations"] == []
    assert len(grounds) == 2
