"""A visitor without a browser: follows the study's real pages, reads their forms and sends them, as a person without JavaScript would."""

from __future__ import annotations

import http.cookiejar
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from tidelab.web.words import words

Chooses = Callable[["Page"], dict[str, list[str]]]
ASIDE = ("/sign-out", "/language", "/country")
"""Forms that don't lead on."""


@dataclass
class Page:
    """What came back, and the form on it."""

    status: int
    path: str
    text: str
    action: str = ""
    hidden: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    """{name: values} of radio buttons and boxes."""
    texts: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """The texts in `.said` paragraphs: what the person writes, then the replies."""
    legends: list[str] = field(default_factory=list)
    language: str = ""

    @property
    def step(self) -> str:
        """Key of the step, or empty on another page."""
        return self.path.removeprefix("/s/").partition("?")[0] if self.path.startswith("/s/") else ""


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.inside, self.in_form, self.said, self.legend = page, "", False, False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.page.language = a.get("lang", "")
        elif tag == "form" and a.get("method") == "post" and not self.page.action and a.get("action") not in ASIDE:
            self.page.action, self.in_form = a.get("action", ""), True
        elif self.in_form and tag == "input" and a.get("type") == "hidden":
            self.page.hidden.setdefault(a["name"], []).append(a.get("value", ""))
        elif self.in_form and tag == "input" and a.get("type") in ("radio", "checkbox"):
            self.page.choices.setdefault(a["name"], []).append(a.get("value", ""))
        elif self.in_form and tag == "textarea":
            self.page.texts.append(a["name"])
        elif tag == "legend":
            self.legend = True
            self.page.legends.append("")
        elif tag == "section" and "said" in a.get("class", "").split():
            self.said = True
        elif tag == "p" and self.said:
            self.inside = "said"
            self.page.said.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.in_form = False
        elif tag == "section":
            self.said = False
        elif tag == "p":
            self.inside = ""
        elif tag == "legend":
            self.legend = False

    def handle_data(self, data: str) -> None:
        if self.inside == "said":
            self.page.said[-1] += data
        if self.legend:
            self.page.legends[-1] += data


def read(status: int, path: str, text: str) -> Page:
    """A page out of its HTML."""
    page = Page(status, path, text)
    _Reader(page).feed(text)
    return page


class Visitor:
    """Keeps its own cookies. `url` is the server's, `http://127.0.0.1:8322`."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path: str) -> Page:
        """Follows redirects."""
        return self._ask(path, None)

    def post(self, path: str, fields: dict[str, list[str]]) -> Page:
        """Follows the redirect to the next page."""
        return self._ask(path, urllib.parse.urlencode(fields, doseq=True).encode())

    def _ask(self, path: str, body: bytes | None) -> Page:
        try:
            with self._opener.open(self.url + path, body, timeout=self.timeout) as answer:
                return read(answer.status, urllib.parse.urlsplit(answer.url).path, answer.read().decode())
        except urllib.error.HTTPError as error:
            return read(error.code, path, error.read().decode())


def walk(visitor: Visitor, choose: Chooses, *, start: str = "/", most: int = 500, pause: float = 0.0) -> list[Page]:
    """From the welcome page to where `choose` stops (by answering {"stop": ...}) or there is no further form; all pages that were seen."""
    page = visitor.get(start)
    seen = [page]
    while page.action and page.step != "end" and len(seen) < most:
        fields = choose(page)
        if "stop" in fields:
            break
        time.sleep(pause)
        page = visitor.post(page.action, page.hidden | fields)
        seen.append(page)
        if page.status not in (200, 422):
            break
    return seen


def passes(rating: str = "4") -> Chooses:
    """Somebody who answers every page as it wants to be answered, and rates everything alike."""

    def choose(page: Page) -> dict[str, list[str]]:
        if page.action == "/join":
            return {}
        right = {"agree": "yes", "adult": "yes", "steady": "yes", "check_what": "reply", "check_right": "own"}
        chosen = {name: [right.get(name) or (rating if rating in values else values[0])] for name, values in page.choices.items()}
        chosen.pop("left_out", None)
        if "attention" in chosen:
            say = words(page.language, "study")
            chosen["attention"] = [n for n in "12345" if say("attention", word=say(f"number_{n}").lower()) in page.legends]
        return chosen

    return choose
