"""A comparison of two runs as Markdown and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidelab.report.claims import SUPPLEMENT
from tidelab.report.markdown import safe, table
from tidelab.report.page import environment, script_and_hash

if TYPE_CHECKING:
    from tidelab.report.compare import Comparison

TITLE = "Two runs compared"


def markdown(found: Comparison) -> str:
    """Sentences, then tables."""
    return "\n\n".join([f"# {TITLE}", *map(safe, found.said), *map(table, found.sheets), SUPPLEMENT]) + "\n"


def html(found: Comparison) -> str:
    """One self-contained page in the report's look."""
    surroundings = environment({})
    script, script_hash = script_and_hash(surroundings)
    page = surroundings.get_template("compare.html.j2")
    return page.render(title=TITLE, found=found, supplement=SUPPLEMENT, script=script, script_hash=script_hash)
