"""Reports and periods of retention.

Revision ID: 0021_reports
Revises: 0020_topology
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0021_reports"
down_revision = "0020_topology"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("raw_days", sa.Integer(), nullable=True),
        sa.Column("five_minute_days", sa.Integer(), nullable=True),
        sa.Column("hour_days", sa.Integer(), nullable=True),
        sa.Column("day_days", sa.Integer(), nullable=True),
        sa.Column("history_days", sa.Integer(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_period")),
        sa.UniqueConstraint("kind", name=op.f("uq_retention_period_kind")),
    )
    op.create_table(
        "health_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("clock", sa.String(length=5), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("next_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["resource_group.id"],
            name=op.f("fk_health_report_group_id_resource_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_report")),
        sa.UniqueConstraint("name", name=op.f("uq_health_report_name")),
    )
    op.create_index("ix_health_report_group_id", "health_report", ["group_id"], unique=False)
    op.create_index("ix_health_report_next_at", "health_report", ["next_at"], unique=False)

    op.create_table(
        "health_report_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["notification_channel.id"],
            name=op.f("fk_health_report_channel_channel_id_notification_channel"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["health_report.id"],
            name=op.f("fk_health_report_channel_report_id_health_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_report_channel")),
        sa.UniqueConstraint(
            "report_id", "channel_id", name=op.f("uq_health_report_channel_report_id_channel_id")
        ),
    )
    op.create_index(
        "ix_health_report_channel_channel_id", "health_report_channel", ["channel_id"], unique=False
    )

    op.create_table(
        "report_issue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("report_name", sa.String(length=80), nullable=False),
        sa.Column("group_name", sa.String(length=60), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("began_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["health_report.id"],
            name=op.f("fk_report_issue_report_id_health_report"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_issue")),
    )
    op.create_index("ix_report_issue_made", "report_issue", ["made_at"], unique=False)
    op.create_index("ix_report_issue_report_id", "report_issue", ["report_id"], unique=False)


def downgrade() -> None:
    for table in ("report_issue", "health_report_channel", "health_report", "retention_period"):
        op.drop_table(table)
    # They are words of the ledger that older versions do not know.
    op.execute(sa.text("DELETE FROM notification_delivery WHERE kind = 'report'"))
