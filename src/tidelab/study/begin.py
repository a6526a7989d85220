"""A new study of a run: `study.yaml`, and a protocol to take to an ethics board."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from tidelab.errors import TidelabError
from tidelab.run import atomic
from tidelab.study import items
from tidelab.study.design import Design, defaults
from tidelab.study.power import Power

if TYPE_CHECKING:
    from tidelab.run import RunDirectory

HEAD = """# The human study of this run. Every value may be changed before the first participant; afterwards a change makes a new version.
# Texts in [brackets] are yours to write: the study is not served to people while one of them stands in contact, consent or resources.
# What each setting means: docs/study.md. Serve it: tide study serve --run {run}
"""


def design(run: RunDirectory, systems: list[str], count: int, per: tuple[int, int], *, seed: int, name: str) -> Design:
    """A study of `count` conversations and `systems` (none: all of the run), of which each participant sees `per` (items, systems)."""
    chosen = list(dict.fromkeys(systems)) or items.systems(run)
    picked = items.sample(run, chosen, count, seed)
    seen = {"items": min(per[0], len(picked)), "systems": min(per[1], len(chosen))}
    texts: dict[str, Any] = defaults()
    return Design.model_validate(texts | {"name": name, "seed": seed, "items": picked, "systems": chosen, "per_participant": seen})


def write(run: RunDirectory, made: Design, *, replace: bool) -> Path:
    """study.yaml in the run. TidelabError where there is one already, unless `replace`."""
    path = run.path / "study" / "study.yaml"
    if path.exists() and not replace:
        raise TidelabError("the run already has a study", where=str(path), mend="edit that file; or give --replace to begin anew")
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, HEAD.format(run=run.path) + made.text())
    return path


def protocol(run: RunDirectory, made: Design, found: list[Power], aim: float, alpha: float) -> Path:
    """protocol.md in the run: aims, sample size, plan, risks, data protection, filled in as far as tidelab knows."""
    stimuli = items.stimuli(run, made.items, made.systems)
    by_item = {s.conversation_id: s for s in stimuli}.values()
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    template = (resources.files("tidelab.study") / "templates" / "protocol.md.j2").read_text("utf-8")
    enough = next((p for p in found if p.power >= aim), None)
    text = environment.from_string(template).render(
        d=made,
        themes=sorted(Counter(s.theme for s in by_item).items()),
        risks=sorted(Counter(s.risk for s in by_item).items()),
        power=found,
        enough=enough,
        aim=aim,
        alpha=alpha,
    )
    path = run.path / "study" / "protocol.md"
    atomic.write_text(path, text)
    return path
