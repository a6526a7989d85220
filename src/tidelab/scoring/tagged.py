"""Replies cut, embedded, tagged and examined once for all metrics that read them: factors, layering, safety."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tidelab.scoring.shared import Batch

if TYPE_CHECKING:
    from tidelab.safety.detect import Found
    from tidelab.text.acts import Tagged

_BETWEEN = "\x1e"  # person and reply are one text in the memo's key


class Read(NamedTuple):
    """What is known of one reply to one person."""

    acts: Tagged
    axes: Found


def read(batch: Batch) -> list[Read]:
    """Of each row. The encoder is the one that the weights were learnt with, whichever one the study scores with."""
    return batch.shared.replies.get(
        _read, [f"{person}{_BETWEEN}{reply.replace(_BETWEEN, ' ')}" for person, reply in zip(batch.persons, batch.replies, strict=True)]
    )


def _read(joined: Sequence[str]) -> list[Read]:
    from tidelab.safety import detect
    from tidelab.text import acts

    both = [text.rpartition(_BETWEEN) for text in joined]
    persons, replies = [person for person, _, _ in both], [reply for _, _, reply in both]
    made = acts.cut(persons, replies)
    tagged = acts.tag_cut(made, persons, replies)
    return [Read(*pair) for pair in zip(tagged, detect.detect_cut(made, persons, replies), strict=True)]
