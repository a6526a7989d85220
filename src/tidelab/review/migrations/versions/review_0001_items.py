"""Items, assignments, answers, revisions."""

import sqlalchemy as sa
from alembic import op

revision = "review_0001"
down_revision = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "review_items",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "conversation_id", "system_id", "sha256")),
        sa.Column("persona", sa.JSON, nullable=False),
        sa.Column("scenario", sa.JSON, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("chatbot", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired", sa.DateTime(timezone=True)),
        sa.Column("dispute", sa.Text),
        sa.UniqueConstraint("kind", "conversation_id", "system_id", "sha256"),
    )
    op.create_table(
        "review_assignments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("review_items.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("reserved_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("item_id", "person_id"),
    )
    op.create_table(
        "review_answers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("assignment_id", sa.Integer, sa.ForeignKey("review_assignments.id"), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.Column("scales", sa.Integer, nullable=False),
        sa.Column("ratings", sa.JSON, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
    )
    op.create_table(
        "review_revisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("answer_id", sa.Integer, sa.ForeignKey("review_answers.id"), nullable=False, unique=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("chatbot", sa.Text, nullable=False),
    )
