"""Storage pools.

Revision ID: 0009_storage_pools
Revises: 0008_storage_devices
"""

revision = "0009_storage_pools"
down_revision = "0008_storage_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
