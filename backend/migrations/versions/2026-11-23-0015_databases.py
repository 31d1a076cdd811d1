"""Database instances.

Revision ID: 0015_databases
Revises: 0014_assistant
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0015_databases"
down_revision = "0014_assistant"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "database_instance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=120), nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("doors", sa.JSON(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("container", sa.String(length=64), nullable=False),
        sa.Column("data_path", sa.String(length=1000), nullable=False),
        sa.Column("host_path", sa.String(length=1000), nullable=False),
        sa.Column("mountpoint", sa.String(length=1000), nullable=False),
        sa.Column("device", sa.String(length=255), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason_kind", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("fix", sa.String(length=1000), nullable=False),
        sa.Column("state_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("login", sa.String(length=20), nullable=False),
        sa.Column("login_user", sa.String(length=64), nullable=False),
        sa.Column("login_database", sa.String(length=64), nullable=False),
        sa.Column("refused", sa.String(length=64), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("refused_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("connections_percent", sa.Double(), nullable=True),
        sa.Column("lag_seconds", sa.Double(), nullable=True),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("deep_reading", sa.Text(), nullable=False),
        sa.Column("next_due_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("deep_due_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("first_seen_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_read_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("missing_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_database_instance_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_database_instance")),
    )
    with op.batch_alter_table("database_instance", schema=None) as batch_op:
        batch_op.create_index("ix_database_instance_due", ["next_due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_database_instance_server_id"), ["server_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("database_instance")
