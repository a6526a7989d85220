"""The act tagger: what each sentence of a reply mainly does for the person, and from it the levels of the three empathy factors.

A linear classifier over sentence embeddings, words and cues (`wording.py`), learnt from the labels of the sample corpus by
tools/train_act_tagger.py. docs/act_tagger.md says how far it may be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tidelab.text import encoder, small_model, wording
from tidelab.text.sentences import Sentence, sentences
from tidelab.text.small_model import Floats, SmallModel

ACTS = ("emotion_recognition", "distress_normalization", "supportive_reflection", "suggestion", "question", "resource", "other")
FACTORS = ACTS[:3]


@dataclass(frozen=True)
class Tagged:
    """One reply.

    sentences     -- as `text.sentences` cuts them; none in an empty reply
    probabilities -- [sentences, 7] of each act, in the order of ACTS
    levels        -- [3] expected level of each factor, 0 to 2, in the order of FACTORS
    """

    sentences: list[Sentence]
    probabilities: Floats
    levels: tuple[float, ...]

    @property
    def acts(self) -> list[str]:
        """The likeliest act of each sentence."""
        return [ACTS[i] for i in self.probabilities.argmax(axis=1)] if self.sentences else []

    def spans(self, factor: str) -> list[Sentence]:
        """The sentences that do the work of a factor, with their places in the reply."""
        return [s for s, act in zip(self.sentences, self.acts, strict=True) if act == factor]


@dataclass(frozen=True)
class Cut:
    """Replies cut into sentences, embedded with what they answer. `owner`: [sentences] to which reply each belongs.

    rows    -- [sentences, features] as `wording.features` gives them
    persons -- [replies, d] embeddings of what is answered
    """

    replies: list[list[Sentence]]
    owner: npt.NDArray[np.int64]
    rows: Floats
    persons: Floats

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays hold."""
        return int(self.rows.nbytes + self.persons.nbytes + self.owner.nbytes)


def cut(persons: Sequence[str], replies: Sequence[str]) -> Cut:
    """One pass of the encoder for n persons' messages and n replies."""
    pieces = [sentences(reply) for reply in replies]
    texts = [s.text for some in pieces for s in some]
    vectors = encoder.load(encoder.DEFAULT).encode([*texts, *persons]).vectors.numpy()
    owner = np.repeat(np.arange(len(pieces)), [len(some) for some in pieces])
    return Cut(pieces, owner, wording.features(texts, vectors[: len(texts)]), np.asarray(vectors[len(texts) :], np.float32))


def tag(persons: Sequence[str], replies: Sequence[str]) -> list[Tagged]:
    """Acts and levels of n replies, each to the person's message beside it. Replies of the sample corpus are scored out of fold."""
    return tag_cut(cut(persons, replies), persons, replies)


def tag_cut(made: Cut, persons: Sequence[str], replies: Sequence[str]) -> list[Tagged]:
    """As `tag`, of what is cut and embedded already."""
    model = load()
    sets = model.sets(replies)
    probabilities = small_model.softmax(model.linear("acts", with_place(made), sets[made.owner]))
    expected = small_model.softmax(model.linear("levels", reply_rows(made, probabilities, persons), sets).reshape(-1, 3))
    levels = (expected @ np.array([0.0, 1.0, 2.0], np.float32)).reshape(-1, 3)
    ends = np.cumsum([len(some) for some in made.replies])
    return [
        Tagged(some, probabilities[end - len(some) : end], tuple(map(float, level)) if some else (0.0, 0.0, 0.0))
        for some, end, level in zip(made.replies, ends, levels, strict=True)
    ]


def load() -> SmallModel:
    """The weights that come with tidelab."""
    return small_model.load("tidelab.text", "acts")


def with_place(made: Cut) -> Floats:
    """[sentences, features + 6 + 2 d]: the rows, where each sentence stands, how long and how near to the person, and its neighbours."""
    count = np.bincount(made.owner, minlength=len(made.replies))[made.owner]
    place = np.concatenate([np.arange(len(some)) for some in made.replies] or [np.zeros(0, dtype=np.int64)])
    length = np.array([len(s.text) for some in made.replies for s in some])
    near = _near(made)
    extra = np.stack([place == 0, place == count - 1, place / np.maximum(1, count - 1), count / 8, length / 200, near], axis=1)
    own = made.rows[:, wording.BUCKETS + len(wording.cues()) :] / 2  # less than the sentence's own
    before, after = np.zeros_like(own), np.zeros_like(own)
    before[1:], after[:-1] = own[:-1], own[1:]
    before[place == 0], after[place == count - 1] = 0.0, 0.0
    return np.hstack([made.rows, extra.astype(np.float32), before, after])


def reply_rows(made: Cut, probabilities: Floats, persons: Sequence[str]) -> Floats:
    """[replies, features]: most and sum of each act, nearness to the person, the person's words given back, mean cues and embedding."""
    n = len(made.replies)
    count = np.maximum(1, np.bincount(made.owner, minlength=n))[:, None]
    most = np.zeros((n, len(ACTS)), np.float32)
    np.maximum.at(most, made.owner, probabilities)
    nearest = np.zeros((n, 1), np.float32)
    np.maximum.at(nearest[:, 0], made.owner, _near(made))
    given_back = np.array([_given_back(p, some) for p, some in zip(persons, made.replies, strict=True)], np.float32)[:, None]
    mean = _sum(made.owner, made.rows[:, wording.BUCKETS :], n) / count
    return np.hstack([most, _sum(made.owner, probabilities, n) / 5, count / 8, nearest, given_back, mean]).astype(np.float32)


def _near(made: Cut) -> Any:
    """[sentences] cosine of each sentence with the person's message."""
    start = wording.BUCKETS + len(wording.cues())
    vectors, persons = made.rows[:, start:], made.persons[made.owner]
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(persons, axis=1)
    return (vectors * persons).sum(axis=1) / np.maximum(lengths, 1e-9)


def _given_back(person: str, reply: Sequence[Sentence]) -> float:
    """Of the reply's distinct words of five letters and more, the share that the person used."""
    said = {w for w in wording.plain(person).split() if len(w) > 4}
    words = {w for s in reply for w in wording.plain(s.text).split() if len(w) > 4}
    return len(words & said) / len(words) if words else 0.0


def _sum(owner: npt.NDArray[np.int64], rows: Floats, n: int) -> Floats:
    out = np.zeros((n, rows.shape[1]), np.float32)
    np.add.at(out, owner, rows)
    return out
