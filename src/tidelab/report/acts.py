"""The three factors marked in the texts that the gallery shows: the act tagger's reading, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from tidelab.report.data import Texts

REFERENCE = "reference"
Spans = Mapping[tuple[str, str], Sequence[tuple[int, int, str]]]
"""(conversation_id, system_id or `reference`) -> start, end and factor of each marked sentence, in the text's order."""


def marked(texts: Texts, ids: Sequence[str]) -> pl.DataFrame:
    """conversation_id, system_id (`reference` too), start, end, factor: places in the text as `gallery.plain` shows it."""
    import polars as pl

    from tidelab.report.gallery import LONGEST, plain
    from tidelab.text import acts

    chosen = texts.test.filter(pl.col("conversation_id").is_in(list(ids))).sort("conversation_id")
    persons = dict(chosen.select("conversation_id", "person").iter_rows())
    said = [(c, REFERENCE, text) for c, text in chosen.select("conversation_id", "chatbot").iter_rows()]
    replies = texts.replies.filter(pl.col("conversation_id").is_in(list(ids)), pl.col("text").is_not_null())
    said += replies.select("conversation_id", "system_id", "text").sort("conversation_id", "system_id").rows()
    shown = [plain(text) for _, _, text in said]
    rows = [
        (conversation_id, system_id, span.start, span.end, factor)
        for (conversation_id, system_id, _), tagged in zip(said, acts.tag([persons[c] for c, _, _ in said], shown), strict=True)
        for span, factor in zip(tagged.sentences, tagged.acts, strict=True)
        if factor in acts.FACTORS and span.end <= LONGEST
    ]
    columns = {"conversation_id": pl.String, "system_id": pl.String, "start": pl.Int64, "end": pl.Int64, "factor": pl.String}
    return pl.DataFrame(rows, schema=columns, orient="row")


def spans(table: pl.DataFrame) -> Spans:
    """The table of `marked` by text."""
    found: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    for conversation_id, system_id, start, end, factor in table.iter_rows():
        found.setdefault((conversation_id, system_id), []).append((start, end, factor))
    return found


def pieces(text: str, of: Sequence[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """The text cut into (words, factor) in order, factor empty where none is marked; joined they are the text."""
    cut, at = [], 0
    for start, end, factor in of:
        cut += [(text[at:start], ""), (text[start:end], factor)]
        at = end
    return [(words, factor) for words, factor in [*cut, (text[at:], "")] if words]
