"""Replies cut into sentences and embedded once for all metrics that read them so: factors, layering, safety."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tidelab.scoring.shared import Batch

if TYPE_CHECKING:
    from tidelab.safety.detect import Found
    from tidelab.text.acts import Cut, Tagged

_BETWEEN = "\x1e"  # person and reply are one text in the memo's key


def tagged(batch: Batch) -> list[Tagged]:
    """Acts and levels of each row's reply, by the encoder that the weights were learnt with, whichever one the study scores with."""
    from tidelab.text import acts

    return acts.tag_cut(_of(batch), batch.persons, batch.replies)


def found(batch: Batch) -> list[Found]:
    """Safety axes that each row's reply breaks, by the same encoder."""
    from tidelab.safety import detect

    return detect.detect_cut(_of(batch), batch.persons, batch.replies)


def _of(batch: Batch) -> Cut:
    both = zip(batch.persons, batch.replies, strict=True)
    return batch.shared.replies.get(_cut, [f"{person}{_BETWEEN}{reply.replace(_BETWEEN, ' ')}" for person, reply in both])


def _cut(joined: Sequence[str]) -> Cut:
    from tidelab.text import acts

    both = [text.rpartition(_BETWEEN) for text in joined]
    return acts.cut([person for person, _, _ in both], [reply for _, _, reply in both])
