"""Storage pools.

Revision ID: 0009_storage_pools
Revises: 0008_storage_devices
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0009_storage_pools"
down_revision = "0008_storage_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storage_pool",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("identity", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("layout", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("level_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("used_bytes", sa.BigInteger(), nullable=True),
        sa.Column("used_percent", sa.Double(), nullable=True),
        sa.Column("fragmentation_percent", sa.Double(), nullable=True),
        sa.Column("activity", sa.String(length=30), nullable=False),
        sa.Column("activity_percent", sa.Double(), nullable=True),
        sa.Column("activity_ends_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_scrub_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_scrub_errors", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("first_seen_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("missing_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_storage_pool_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage_pool")),
        sa.UniqueConstraint(
            "server_id", "kind", "identity", name=op.f("uq_storage_pool_server_id_kind_identity")
        ),
    )
    with op.batch_alter_table("storage_pool", schema=None) as batch_op:
        batch_op.create_index("ix_storage_pool_level", ["level"], unique=False)
        batch_op.create_index(batch_op.f("ix_storage_pool_server_id"), ["server_id"], unique=False)


def downgrade() -> None:
    op.drop_table("storage_pool")
