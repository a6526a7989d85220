"""The language in which a participant takes the study; those who began before there was a choice had English pages."""

import sqlalchemy as sa
from alembic import op

revision = "study_0002"
down_revision = "study_0001"


def upgrade() -> None:
    """Forward."""
    op.add_column("study_participants", sa.Column("language", sa.Text, nullable=False, server_default="en"))
