"""Self-tests and scrubs, planned and started.

Revision ID: 0017_storage_actions
Revises: 0016_foresight
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0017_storage_actions"
down_revision = "0016_foresight"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storage_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("started_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("look_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("percent", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_storage_action_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_storage_action_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage_action")),
    )
    with op.batch_alter_table("storage_action", schema=None) as batch_op:
        batch_op.create_index("ix_storage_action_open", ["server_id", "state"], unique=False)
        batch_op.create_index(
            "ix_storage_action_resource", ["resource_id", "started_at"], unique=False
        )
    with op.batch_alter_table("storage_pool", schema=None) as batch_op:
        batch_op.add_column(sa.Column("root_detail", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("scrub_days", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("scrub_hour", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("scrub_started_at", types.UTCDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("acknowledged", sa.JSON(), server_default="{}", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("storage_pool", schema=None) as batch_op:
        batch_op.drop_column("acknowledged")
        batch_op.drop_column("scrub_started_at")
        batch_op.drop_column("scrub_hour")
        batch_op.drop_column("scrub_days")
        batch_op.drop_column("root_detail")
    op.drop_table("storage_action")
