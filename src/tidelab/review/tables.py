"""The review's tables. Answers and revisions are only ever added: a change is a new row, and the latest one counts."""

from __future__ import annotations

import sqlalchemy as sa

from tidelab.web.database import Moment
from tidelab.web.tables import metadata

items = sa.Table(
    "review_items",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # conversation | reply
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("system_id", sa.Text, nullable=False),  # `reference`, or the student's; never shown to a reviewer
    sa.Column("sha256", sa.Text, nullable=False),  # of person and chatbot, see records.text_hash
    sa.Column("persona", sa.JSON, nullable=False),
    sa.Column("scenario", sa.JSON, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("chatbot", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # a shuffled order, the same for all
    sa.Column("added", Moment, nullable=False),
    sa.Column("retired", Moment),  # its text is no longer in the run
    sa.Column("dispute", sa.Text),  # NULL until two have answered; then why a third is asked, a reason a line; derived from answers
    sa.UniqueConstraint("kind", "conversation_id", "system_id", "sha256"),
)

assignments = sa.Table(
    "review_assignments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.ForeignKey("review_items.id"), nullable=False, index=True),
    sa.Column("person_id", sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("role", sa.Text, nullable=False),  # reviewer | adjudicator
    sa.Column("reserved_until", Moment, nullable=False),
    sa.Column("finished", Moment),  # when the first complete answer was given
    sa.UniqueConstraint("item_id", "person_id"),
)

answers = sa.Table(
    "review_answers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("assignment_id", sa.ForeignKey("review_assignments.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("final", sa.Boolean, nullable=False),  # else an autosaved draft
    sa.Column("scales", sa.Integer, nullable=False),  # version of scales.yaml
    sa.Column("ratings", sa.JSON, nullable=False),  # {scale: 1-5}
    sa.Column("decision", sa.Text, nullable=False),  # approve | reject | "" in drafts
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
)

revisions = sa.Table(
    "review_revisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("answer_id", sa.ForeignKey("review_answers.id"), nullable=False, unique=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("chatbot", sa.Text, nullable=False),
)
