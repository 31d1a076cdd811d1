"""Saved views of lists.

Revision ID: 0012_saved_views
Revises: 0011_silences
"""

revision = "0012_saved_views"
down_revision = "0011_silences"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
