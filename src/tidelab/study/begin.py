"""A new study of a run: `study.yaml`, and a protocol to take to an ethics board."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from tidelab.errors import TidelabError
from tidelab.run import atomic
from tidelab.study import items
from tidelab.study.design import Design, defaults
from tidelab.study.power import Power
from tidelab.web.words import languages as known_languages

if TYPE_CHECKING:
    from tidelab.run import RunDirectory

HEAD = """# The human study of this run. Every value may be changed before the first participant; afterwards a change makes a new version.
# Texts in [brackets] are yours to write: the study is not served to people while one of them stands in contact, consent or resources.
# What each setting means: docs/study.md. Serve it: tide study serve --run {run}
"""


def design(
    run: RunDirectory, systems: list[str], count: int, per: tuple[int, int], *, seed: int, name: str, languages: Sequence[str] = ("en",)
) -> Design:
    """A study of `count` conversations and `systems` (none: all of the run), of which each participant sees `per` (items, systems).

    TidelabError naming a language of which tidelab has no words.
    """
    for language in languages:
        if language not in known_languages("study"):
            mend = f"give one of: {', '.join(known_languages('study'))}; docs/study.md says how to add one"
            raise TidelabError(f"there are no words in `{language}` yet", where="--language", mend=mend)
    chosen = list(dict.fromkeys(systems)) or items.systems(run)
    picked = items.sample(run, chosen, count, seed)
    seen = {"items": min(per[0], len(picked)), "systems": min(per[1], len(chosen))}
    themes = sorted({s.theme for s in items.stimuli(run, picked, chosen) if s.theme})
    others = {language: defaults(language) | {"topic_words": {t: f"[{t}]" for t in themes}} for language in languages if language != "en"}
    texts = defaults() | {"languages": ["en", *others], "translations": others}
    made = Design.model_validate(texts | {"name": name, "seed": seed, "items": picked, "systems": chosen, "per_participant": seen})
    return in_languages(made, languages)


def in_languages(made: Design, languages: Sequence[str]) -> Design:
    """The study with its texts in the first of `languages`, and translations into the others; each must be one of the study's."""
    first = made.said(languages[0])
    others = {language: made.translations.get(language) or made.translation() for language in languages[1:]}
    return Design.model_validate(first.model_dump() | {"languages": list(languages), "translations": others})


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
