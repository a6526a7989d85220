"""The study's tables. Answers are only ever added: a change is a new row. Withdrawal and retention delete, and then all of a person."""

from __future__ import annotations

import sqlalchemy as sa

from tidelab.web.database import Moment
from tidelab.web.tables import metadata


def _belongs() -> sa.Column[int]:
    return sa.Column("participant_id", sa.ForeignKey("study_participants.id", ondelete="CASCADE"), nullable=False, index=True)


versions = sa.Table(
    "study_versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    sa.Column("design", sa.JSON, nullable=False),  # study.yaml as it was
    sa.Column("stimuli", sa.JSON, nullable=False),  # its items.Stimulus rows
    sa.Column("created", Moment, nullable=False),
)

participants = sa.Table(
    "study_participants",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version_id", sa.ForeignKey("study_versions.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),  # random; the participant_id of every table that leaves the database
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),  # completion code
    sa.Column("kind", sa.Text, nullable=False),  # real | simulated | preview
    sa.Column("role", sa.Text, nullable=False),  # lay | lived | clinician
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False, server_default="en"),  # of the pages and texts that they saw
    sa.Column("status", sa.Text, nullable=False, index=True),  # invited | active | declined | screened_out | failed_check | completed
    sa.Column("furthest", sa.Integer, nullable=False),  # index of the first step that is not done
    sa.Column("tries", sa.Integer, nullable=False),  # at the comprehension check
    sa.Column("left_out", sa.JSON, nullable=False),  # themes
    sa.Column("form", sa.JSON(none_as_null=True)),  # assign.Form; NULL until one is given
    sa.Column("pages", sa.JSON(none_as_null=True)),  # assign.Showing rows
    sa.Column("started", Moment, nullable=False),
    sa.Column("seen", Moment, nullable=False),  # last request that saved something
    sa.Column("completed", Moment),
)

recruits = sa.Table(
    "study_recruits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _belongs(),
    sa.Column("channel", sa.Text, nullable=False),  # prolific | sona
    sa.Column("external_id", sa.Text, nullable=False),  # kept apart from answers, never exported
    sa.UniqueConstraint("channel", "external_id"),
)

visits = sa.Table(
    "study_visits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _belongs(),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("shown", Moment, nullable=False),  # first time
    sa.Column("done", Moment),
    sa.UniqueConstraint("participant_id", "step"),
)

answers = sa.Table(
    "study_answers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _belongs(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("conversation_id", sa.Text),
    sa.Column("system_id", sa.Text),
    sa.Column("shown", sa.Integer),  # the reply's place in what this participant saw, 1 first
)

adverse = sa.Table(
    "study_adverse",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("participant_id", sa.ForeignKey("study_participants.id", ondelete="SET NULL"), index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),  # kind of sign, never the text
    sa.Column("done", sa.Text, nullable=False),  # what was done
)

audit = sa.Table(
    "study_audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # a hash of a withdrawn participant's name, or empty
)

state = sa.Table(
    "study_state",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
