"""Storage devices.

Revision ID: 0008_storage_devices
Revises: 0007_backup
"""

revision = "0008_storage_devices"
down_revision = "0007_backup"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
