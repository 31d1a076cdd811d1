"""Storage devices.

Revision ID: 0008_storage_devices
Revises: 0007_backup
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0008_storage_devices"
down_revision = "0007_backup"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of drives."""
    op.create_table(
        "storage_device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("identity", sa.String(length=400), nullable=False),
        sa.Column("serial", sa.String(length=120), nullable=False),
        sa.Column("smart_serial", sa.String(length=120), nullable=False),
        sa.Column("wwn", sa.String(length=120), nullable=False),
        sa.Column("model", sa.String(length=256), nullable=False),
        sa.Column("vendor", sa.String(length=256), nullable=False),
        sa.Column("firmware", sa.String(length=120), nullable=False),
        sa.Column("media", sa.String(length=20), nullable=False),
        sa.Column("transport", sa.String(length=40), nullable=False),
        sa.Column("capacity_bytes", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.Column("smart_type", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("is_behind_controller", sa.Boolean(), nullable=False),
        sa.Column("uses", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("first_seen_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("missing_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("retired_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("replaced_by_id", sa.Uuid(), nullable=True),
        sa.Column("read_state", sa.String(length=20), nullable=False),
        sa.Column("read_detail", sa.String(length=400), nullable=False),
        sa.Column("asked_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("read_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("known_level", sa.String(length=20), nullable=False),
        sa.Column("level_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("unknown_reason", sa.String(length=400), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("baseline", sa.JSON(), nullable=False),
        sa.Column("recent", sa.JSON(), nullable=False),
        sa.Column("acknowledged", sa.JSON(), nullable=False),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.Column("temperature_celsius", sa.BigInteger(), nullable=True),
        sa.Column("wear_percent", sa.BigInteger(), nullable=True),
        sa.Column("power_on_hours", sa.BigInteger(), nullable=True),
        sa.Column("written_bytes", sa.Double(), nullable=True),
        sa.Column("short_test_days", sa.Integer(), nullable=False),
        sa.Column("long_test_days", sa.Integer(), nullable=False),
        sa.Column("short_test_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("long_test_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"],
            ["storage_device.id"],
            name=op.f("fk_storage_device_replaced_by_id_storage_device"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_storage_device_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage_device")),
        sa.UniqueConstraint("identity", name=op.f("uq_storage_device_identity")),
    )
    with op.batch_alter_table("storage_device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_storage_device_level"), ["level"], unique=False)
        batch_op.create_index("ix_storage_device_place", ["server_id", "name"], unique=False)
        batch_op.create_index("ix_storage_device_serial", ["serial"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_storage_device_smart_serial"), ["smart_serial"], unique=False
        )
        batch_op.create_index("ix_storage_device_wwn", ["wwn"], unique=False)

    op.create_table(
        "storage_device_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["storage_device.id"],
            name=op.f("fk_storage_device_event_device_id_storage_device"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage_device_event")),
    )
    with op.batch_alter_table("storage_device_event", schema=None) as batch_op:
        batch_op.create_index("ix_storage_device_event_at", ["device_id", "at"], unique=False)


def downgrade() -> None:
    """Drop them, and the resources of the drives with them."""
    op.drop_table("storage_device_event")
    op.drop_table("storage_device")
    op.execute("DELETE FROM resource WHERE kind = 'storage_device'")
