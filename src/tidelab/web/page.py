"""Pages out of Jinja2 templates: everything that people or models wrote is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from tidelab.web.words import Words, accepted, words


class Pages:
    """Templates of a room, and those that rooms share (`layout.html.j2`, `error.html.j2`). The first of its `languages` is its own."""

    def __init__(self, room: str, title: str, languages: Sequence[str] = ("en",), titles: Mapping[str, str] | None = None) -> None:
        self.room, self.title, self.languages, self.titles = room, title, tuple(languages), dict(titles or {})
        self.always: dict[str, Any] = {}
        """What every template of the room may use besides; `request.state.always` has more, or other, of one request."""
        self.at_first: Callable[[Request], dict[str, Any]] = lambda _request: {}
        """What a page, of an error above all, may use of a request of which nobody has looked yet who sends it."""
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader([jinja2.PackageLoader(f"tidelab.{name}", "templates") for name in dict.fromkeys((room, "web"))]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )

    def language(self, request: Request) -> str:
        """Of this request: what its session has chosen (`request.state.language`), else what the browser asks for."""
        chosen: str = getattr(request.state, "language", "")
        return chosen or accepted(request.headers.get("accept-language", ""), self.languages)

    def words(self, request: Request) -> Words:
        """The catalogue in that language."""
        return words(self.language(request), self.room)

    def show(self, request: Request, template: str, *, code: int = 200, **values: Any) -> HTMLResponse:
        """A page. Every template may use `t` (its words), `site` (its title) and `visitor` (None before sign-in)."""
        values.setdefault("visitor", getattr(request.state, "visitor", None))
        say = self.words(request)
        values = {
            "site": self.titles.get(say.language, self.title),
            "t": say,
            **self.always,
            **self.at_first(request),
            **getattr(request.state, "always", {}),
            **values,
        }
        text = self._environment.get_template(template).render(values)
        return HTMLResponse(text.encode("utf-8", "replace"), code)
