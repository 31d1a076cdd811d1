"""Forecasts.

Revision ID: 0016_foresight
Revises: 0015_databases
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0016_foresight"
down_revision = "0015_databases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecast",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("full_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("earliest_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("latest_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("why_not", sa.String(length=20), nullable=False),
        sa.Column("line_value", sa.Double(), nullable=False),
        sa.Column("per_day", sa.Double(), nullable=False),
        sa.Column("per_day_low", sa.Double(), nullable=False),
        sa.Column("per_day_high", sa.Double(), nullable=False),
        sa.Column("seen_days", sa.Double(), nullable=False),
        sa.Column("score_off", sa.Double(), nullable=True),
        sa.Column("score_count", sa.Integer(), nullable=False),
        sa.Column("scored_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("made_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_forecast_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast")),
        sa.UniqueConstraint(
            "resource_id", "fingerprint", name=op.f("uq_forecast_resource_id_fingerprint")
        ),
    )
    with op.batch_alter_table("forecast", schema=None) as batch_op:
        batch_op.create_index("ix_forecast_full_at", ["full_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("forecast", schema=None) as batch_op:
        batch_op.drop_index("ix_forecast_full_at")
    op.drop_table("forecast")
