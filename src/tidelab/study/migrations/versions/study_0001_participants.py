"""Versions, participants and what they answered, adverse events, audit log, state."""

import sqlalchemy as sa
from alembic import op

revision = "study_0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "study_versions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False, unique=True),
        sa.Column("design", sa.JSON, nullable=False),
        sa.Column("stimuli", sa.JSON, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
    )
    op.create_table(
        "study_participants",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version_id", sa.Integer, sa.ForeignKey("study_versions.id"), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("csrf", "code", "kind", "role", "country")),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("furthest", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("left_out", sa.JSON, nullable=False),
        sa.Column("form", sa.JSON),
        sa.Column("pages", sa.JSON),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.Column("completed", MOMENT),
    )
    op.create_table(
        "study_recruits",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs(),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.UniqueConstraint("channel", "external_id"),
    )
    op.create_table(
        "study_visits",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs(),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("shown", MOMENT, nullable=False),
        sa.Column("done", MOMENT),
        sa.UniqueConstraint("participant_id", "step"),
    )
    op.create_table(
        "study_answers",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("conversation_id", sa.Text),
        sa.Column("system_id", sa.Text),
        sa.Column("shown", sa.Integer),
    )
    op.create_table(
        "study_adverse",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("participant_id", sa.Integer, sa.ForeignKey("study_participants.id", ondelete="SET NULL"), index=True),
        sa.Column("at", MOMENT, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("step", "what", "done")),
    )
    op.create_table(
        "study_audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
    )
    op.create_table("study_state", sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))


def _belongs() -> sa.Column[int]:
    person = sa.ForeignKey("study_participants.id", ondelete="CASCADE")
    return sa.Column("participant_id", sa.Integer, person, nullable=False, index=True)
