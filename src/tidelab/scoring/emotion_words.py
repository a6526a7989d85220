"""Reading of emotion words: which feelings the person names, and which of them the reply names.

The lexicon, `data/emotion_words.yaml`, is ours: families of everyday words, read by the stem of each word.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.resources import files

from tidelab.scoring.metric import EMPTY, NOT_APPLICABLE, Metric, Unscored, Value
from tidelab.scoring.shared import Batch
from tidelab.scoring.stems import stem
from tidelab.scoring.words import words

PARTS = ("emotion_match", "emotion_density")
VERSION = "1"
_NONE_NAMED = Unscored(f"{NOT_APPLICABLE}the person names no feeling that the lexicon knows")


def score(batch: Batch) -> dict[str, list[Value]]:
    """`emotion_match`: of the person's families of feeling, the share that the reply names. `emotion_density`: emotion words / words."""
    persons = batch.shared.references.get(families, batch.persons)
    match: list[Value] = []
    density: list[Value] = []
    for named, reply, person in zip(batch.of_replies(families), batch.of_replies(words), persons, strict=True):
        wanted = set(person)
        density.append(len(named) / len(reply) if reply else EMPTY)
        match.append((len(wanted & set(named)) / len(wanted) if wanted else _NONE_NAMED) if reply else EMPTY)
    return {"emotion_match": match, "emotion_density": density}


def families(texts: Sequence[str]) -> list[list[str]]:
    """Per text the family of each emotion word, in order."""
    lexicon = _lexicon()
    return [[lexicon[key] for word in text if (key := stem(word)) in lexicon] for text in words(texts)]


@functools.cache
def _lexicon() -> dict[str, str]:
    """Stem -> family."""
    import yaml

    data = yaml.safe_load((files("tidelab.scoring") / "data" / "emotion_words.yaml").read_text("utf-8"))
    return {stem(word): family for family, listed in data.items() for word in listed.split()}


METRIC = Metric(
    name="emotion_words",
    parts=PARTS,
    score=score,
    bounds=(0.0, 1.0),
    better="none",
    compares=False,
    signature=lambda _: (f"lexicon:tidelab-{VERSION}", "stem:porter-nltk"),
)
