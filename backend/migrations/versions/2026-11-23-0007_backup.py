"""Backups and restore drills.

Revision ID: 0007_backup
Revises: 0006_identity
"""

revision = "0007_backup"
down_revision = "0006_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
