"""The page in a real browser: Debian's Chromium, driven by Playwright."""

import pytest

from tidelab.report.choose import FAILING, SHOWN

FIRST_TEXTS = "(cells) => cells.map((c) => c.firstChild.textContent)"


@pytest.fixture
def visit(browser, run):
    """Opens the page at a size and scheme; afterwards nothing may have been logged, thrown or fetched."""
    heard, contexts = [], []

    def open_page(width=1280, height=900, scheme="light", scripts=True):
        size = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=scripts))
        page = contexts[-1].new_page()
        page.on("console", lambda message: heard.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on(
            "request", lambda request: heard.append(f"request: {request.url}") if not request.url.startswith(("file:", "data:")) else None
        )
        page.goto((run.path / "report" / "index.html").absolute().as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert heard == []


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_the_page_never_scrolls_sideways(visit, width):
    page = visit(width=width)
    page.click("#open-all")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_at_laptop_width_the_tables_fit_without_scrolling(visit):
    page = visit(width=1280)
    wide = page.evaluate("[...document.querySelectorAll('#scores > .scroll, #gains > .scroll')].map((b) => b.scrollWidth - b.clientWidth)")
    assert wide
    assert max(wide) <= 0


def test_the_button_opens_and_closes_all_conversations(visit):
    page = visit()
    assert page.locator(".talk[open]").count() == 0  # after the content note, the reader decides
    page.click("#open-all")
    assert page.locator(".talk[open]").count() == page.locator(".talk").count() == SHOWN + FAILING
    page.click("#open-all")
    assert page.locator(".talk[open]").count() == 0


def test_the_page_breaks_no_rule_of_accessibility_that_axe_knows(visit):
    from axe_playwright_python.sync_playwright import Axe

    page = visit()
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_table_sorts_by_its_numbers_within_each_group_and_says_so(visit):
    page = visit()
    table = page.locator("#scores table").first
    column = table.locator("thead th").nth(1)
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "descending"
    students = [float(t) for t in table.locator("tbody").nth(0).locator("td:nth-child(2)").evaluate_all(FIRST_TEXTS)]
    assert len(students) == 6
    assert students == sorted(students, reverse=True)
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "ascending"
    floors = [float(t) for t in table.locator("tbody").nth(1).locator("td:nth-child(2)").evaluate_all(FIRST_TEXTS)]
    assert floors == sorted(floors)
    assert table.locator("tbody").nth(1).locator("tr").first.inner_text() == "Floors: no understanding"


def test_what_is_missing_sorts_last_both_ways(visit):
    page = visit()
    table = page.locator("#compared table")
    for _ in range(2):
        table.get_by_role("button", name="Parameters").click()
        assert table.locator("tbody td:nth-child(3)").all_inner_texts()[-3:] == ["–"] * 3


def test_the_gallery_is_filtered_by_theme_system_and_failure(visit):
    page = visit()
    everything = page.locator(".talk:visible").count()
    page.select_option("[name=theme]", "work")
    assert {t.get_attribute("data-theme") for t in page.locator(".talk:visible").all()} == {"work"}
    page.select_option("[name=theme]", "")
    page.select_option("[name=failed]", "no reply")
    failing = page.locator(".talk:visible").count()
    assert 0 < failing < everything
    assert page.inner_text("#filtered") == f"{failing} of {everything} conversations shown"
    for system in ("nano-0.3m@zero-shot", "nano-1m@zero-shot", "nano-3m@zero-shot"):
        page.uncheck(f"[name=system][value='{system}']")
    assert page.locator(".talk:visible").count() == 0  # only zero-shot students gave no reply
    page.select_option("[name=failed]", "")
    page.click("#open-all")
    assert page.locator(".said[data-system='nano-1m@zero-shot']:visible").count() == 0
    assert page.locator(".said[data-system='nano-1m@fine-tuned']:visible").count() == everything


def test_without_scripts_everything_can_be_read_and_no_dead_control_is_shown(visit):
    page = visit(scripts=False)
    assert page.locator(".talk:visible").count() == SHOWN + FAILING
    assert page.locator("button:visible, select:visible, input:visible").count() == 0
    page.locator(".talk summary").first.click()
    assert page.locator(".talk .said.reference").first.is_visible()


def test_every_figure_opens_its_data(visit):
    page = visit()
    for panel in page.locator(".panel").all():
        panel.locator("summary").click()
        assert panel.locator("table tbody tr").first.is_visible()


CONTRAST = """() => {
  const channel = (c) => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
  const rgb = (s) => s.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.matches('script, style, .skip') || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const a = light(rgb(e instanceof SVGElement ? style.fill : style.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(`${e.tagName} ${e.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_a_contrast_of_at_least_4_5(visit, scheme):
    page = visit(scheme=scheme)
    page.click("#open-all")
    assert page.evaluate(CONTRAST) == []


def test_text_in_figures_is_legible_at_phone_width(visit):
    page = visit(width=390)
    sizes = page.evaluate("[...document.querySelectorAll('.panel svg text')].map((t) => t.getBoundingClientRect().height)")
    assert sizes
    assert min(sizes) >= 10


def test_figures_have_a_text_for_those_who_cannot_see_them(visit, run):
    page = visit()
    images = page.get_by_role("img").all()
    assert len(images) == len(list((run.path / "report" / "figures").glob("*.svg"))) > 20
    assert all(len(image.get_attribute("aria-label")) > 40 for image in images)


def test_print_opens_every_conversation(visit, tmp_path):
    page = visit()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open]):not(.data)").count() == 0
    assert page.locator(".talk[open]").count() == SHOWN + FAILING
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 50_000


def test_the_factors_are_marked_in_the_texts_and_the_marks_can_be_turned_off(visit):
    page = visit()
    page.click("#open-all")
    line = "(m) => getComputedStyle(m).textDecorationLine"
    first = page.locator(".talk .reference mark").first
    assert first.evaluate(line) == "underline"
    assert first.get_attribute("class") in ("emotion_recognition", "distress_normalization", "supportive_reflection")
    page.uncheck("[name=marks]")
    assert first.evaluate(line) == "none"


def test_on_paper_nothing_is_wider_than_the_sheet_and_raw_data_stay_in_their_files(visit):
    page = visit(width=720)
    page.emulate_media(media="print")
    assert page.locator("details.data:visible").count() == 0
    assert page.locator(".panel svg:visible").count() > 20
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
