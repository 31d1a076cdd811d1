"""File systems.

Revision ID: 0020_topology
Revises: 0019_access
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0020_topology"
down_revision = "0019_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "filesystem",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("mountpoint", sa.String(length=1000), nullable=False),
        sa.Column("device", sa.String(length=300), nullable=False),
        sa.Column("fstype", sa.String(length=40), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("missing_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_filesystem_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filesystem")),
        sa.UniqueConstraint(
            "server_id", "mountpoint", name=op.f("uq_filesystem_server_id_mountpoint")
        ),
    )


def downgrade() -> None:
    op.drop_table("filesystem")
    op.execute(sa.text("DELETE FROM resource WHERE kind = 'filesystem'"))
