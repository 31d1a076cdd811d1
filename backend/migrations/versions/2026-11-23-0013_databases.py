"""Database instances.

Revision ID: 0013_databases
Revises: 0012_saved_views
"""

revision = "0013_databases"
down_revision = "0012_saved_views"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
