"""Rights by group, service accounts, checkpoints of the audit log.

Revision ID: 0010_access
Revises: 0009_storage_pools
"""

revision = "0010_access"
down_revision = "0009_storage_pools"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
