"""Silences and maintenance windows.

Revision ID: 0011_silences
Revises: 0010_access
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0011_silences"
down_revision = "0010_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_window",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("start", sa.String(length=16), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=300), nullable=False),
        sa.Column("matchers", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("author_name", sa.String(length=255), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_window")),
        sa.UniqueConstraint("name", name=op.f("uq_alert_window_name")),
    )
    op.create_table(
        "alert_silence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matchers", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=255), nullable=False),
        sa.Column("starts_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["user_account.id"],
            name=op.f("fk_alert_silence_author_id_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_silence")),
    )
    with op.batch_alter_table("alert_silence", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_alert_silence_author_id"), ["author_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_alert_silence_ends_at"), ["ends_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("alert_silence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_silence_ends_at"))
        batch_op.drop_index(batch_op.f("ix_alert_silence_author_id"))

    op.drop_table("alert_silence")
    op.drop_table("alert_window")
