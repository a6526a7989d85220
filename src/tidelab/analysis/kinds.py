"""What kind of reply each rating is of, read from the texts: does validation stand before support, and is empathy layered?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

KEYS = ("conversation_id", "system_id")
FACTORS = 3
"""Factors that have a sentence in a reply that counts as layered: all of them. The bound is ours; the paper's abstract names none."""


def kinds(texts: pl.DataFrame) -> pl.DataFrame:
    """conversation_id, system_id, validation_order (`before`, `after`), layering (`layered`, `plain`); null where the tagger can't say.

    texts: conversation_id, system_id, person, text (null: no reply). How far the tagger may be trusted stands in docs/act_tagger.md.
    """
    import polars as pl

    from tidelab.scoring.layering import PARTS, of_acts
    from tidelab.scoring.metric import Unscored
    from tidelab.text.acts import tag

    first, layered = PARTS.index("validation_first"), PARTS.index("factors_layered")
    rows = []
    for row, tagged in zip(texts.to_dicts(), tag(texts["person"].to_list(), texts["text"].fill_null("").to_list()), strict=True):
        parts = of_acts(tagged.acts)
        order, factors = parts[first], parts[layered]
        rows.append(
            {
                **{k: row[k] for k in KEYS},
                "validation_order": None if isinstance(order, Unscored) else "before" if order else "after",
                "layering": None if isinstance(factors, Unscored) else "layered" if factors == FACTORS else "plain",
            }
        )
    return pl.DataFrame(rows, schema=dict.fromkeys((*KEYS, "validation_order", "layering"), pl.String), orient="row")


def with_kinds(ratings: pl.DataFrame, conversations: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """The ratings with the kinds of the replies that they are of; columns that they bring themselves are left as they are.

    conversations: conversation_id, person, chatbot (the reply of the system `reference`); replies: records.Reply rows.
    """
    import polars as pl

    rated = ratings.select(KEYS).unique(maintain_order=True)
    said = pl.concat(
        [replies.select(*KEYS, "text"), conversations.select("conversation_id", pl.lit("reference").alias("system_id"), text="chatbot")]
    )
    texts = rated.join(said, on=KEYS, maintain_order="left").join(conversations.select("conversation_id", "person"), on="conversation_id")
    known = kinds(texts.sort(KEYS))
    return ratings.join(known.drop([c for c in known.columns if c not in KEYS and c in ratings.columns]), on=KEYS, how="left")
