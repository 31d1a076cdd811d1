"""Silences and maintenance windows.

Revision ID: 0011_silences
Revises: 0010_access
"""

revision = "0011_silences"
down_revision = "0010_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
