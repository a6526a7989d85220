"""Pages out of Jinja2 templates: everything that people or models wrote is escaped."""

from __future__ import annotations

from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse


class Pages:
    """Templates of a room, and those that rooms share (`layout.html.j2`, `error.html.j2`)."""

    def __init__(self, room: str, title: str, language: str = "en") -> None:
        self.title, self.language = title, language
        self.always: dict[str, Any] = {}
        """What every template of the room may use besides."""
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader([jinja2.PackageLoader(f"tidelab.{name}", "templates") for name in dict.fromkeys((room, "web"))]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )

    def show(self, request: Request, template: str, *, code: int = 200, **values: Any) -> HTMLResponse:
        """A page. Every template may use `site` (its title) and `visitor` (None before sign-in)."""
        values.setdefault("visitor", getattr(request.state, "visitor", None))
        values = {"site": self.title, "language": self.language, **self.always, **values}
        text = self._environment.get_template(template).render(values)
        return HTMLResponse(text.encode("utf-8", "replace"), code)
